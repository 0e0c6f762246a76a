import FlowCore
import StudyModel
import StudyTesting

/// An in-memory store with an initial ledger that counts calls for it.
final class MemoryLedger: RecordStore {
  struct State {
    /// The number of rows recorded by each call.
    var batches: [Int] = []
    /// The number of rows read by each call.
    var reads: [Int] = []
    /// The result of each written slice.
    var written: [SliceWriteResult] = []
  }
  let state = Locked(State())
  private let medium: MemoryStore.Medium
  private let store: MemoryStore

  init(_ rows: [LedgerSlice] = []) {
    medium = MemoryStore.Medium(ledger: rows)
    store = MemoryStore(on: medium, isOpen: true)
  }

  var rows: [LedgerSlice] { medium.ledger }
  var largestBatch: Int { state.withLock { $0.batches.max() ?? 0 } }

  func ledger(of participant: String, dataTypes: [String]?, endingAfter instant: Int64?) async throws -> [LedgerSlice] {
    let found = try await store.ledger(of: participant, dataTypes: dataTypes, endingAfter: instant)
    state.withLock { $0.reads.append(found.count) }
    return found
  }

  func outline(
    of participant: String, dataTypes: [String], settledBy latest: Int64, each window: Range<Int64>?
  ) async throws -> LedgerOutline {
    let found = try await store.outline(of: participant, dataTypes: dataTypes, settledBy: latest, each: window)
    state.withLock { $0.reads.append(found.rows.count) }
    return found
  }

  func record(_ slices: [LedgerSlice]) async throws {
    if !slices.isEmpty { state.withLock { $0.batches.append(slices.count) } }
    try await store.record(slices)
  }

  var location: String { store.location }
  var localPath: String? { nil }
  func prepare() async throws { try await store.prepare() }
  func close() async throws { try await store.close() }
  func cutWaitsShort() {}
  func synchronize() async throws { try await store.synchronize() }
  func prepare(tables: [TableSchema]) async throws { try await store.prepare(tables: tables) }
  func agree(on name: String, value: String) async throws { try await store.agree(on: name, value: value) }
  func progress(of participant: String, from start: Int64) async throws -> LedgerProgress {
    try await store.progress(of: participant, from: start)
  }
  func recollect(_ slices: [SliceKey]) async throws -> Int { try await store.recollect(slices) }
  func compare(_ batch: RecordBatch, of participant: String, in table: TableSchema, slice: SliceKey?) async throws -> RecordComparison {
    try await store.compare(batch, of: participant, in: table, slice: slice)
  }
  func write(_ writes: [SliceWrite]) async throws -> [Result<SliceWriteResult, ProcessorError>] {
    let results = try await store.write(writes)
    for case .success(let written) in results { state.withLock { $0.written.append(written) } }
    return results
  }
  func note(_ objects: [ProcessedObject]) async throws { try await store.note(objects) }
  func erase(participant: String) async throws -> Erasure { try await store.erase(participant: participant) }
  func reader() async throws -> (any RecordReader)? { try await store.reader() }
}
