import FlowCore
import StudyModel

/// A ledger in memory that keeps slices as the database does: no two overlap, what is written is not replaced by what is not.
final class MemoryLedger: RecordStore {
  struct State {
    var rows: [LedgerSlice] = []
    /// How many rows each call recorded.
    var batches: [Int] = []
    /// How many rows each call read.
    var reads: [Int] = []
  }
  let state: Locked<State>

  init(_ rows: [LedgerSlice] = []) { state = Locked(State(rows: rows)) }

  var rows: [LedgerSlice] { state.withLock { $0.rows }.sorted { ($0.key.dataType, $0.key.start) < ($1.key.dataType, $1.key.start) } }
  var largestBatch: Int { state.withLock { $0.batches.max() ?? 0 } }

  func ledger(of participant: String, dataTypes: [String]?, endingAfter instant: Int64?) async throws -> [LedgerSlice] {
    let found = rows.filter { row in
      row.key.participant == participant && dataTypes?.contains(row.key.dataType) ?? true && row.key.end > instant ?? .min
    }
    state.withLock { $0.reads.append(found.count) }
    return found
  }

  func record(_ slices: [LedgerSlice]) async throws {
    state.withLock { state in
      if !slices.isEmpty { state.batches.append(slices.count) }
      for slice in slices {
        let known = state.rows.filter { $0.key.dataType == slice.key.dataType && $0.key.start < slice.key.end && slice.key.start < $0.key.end }
        if known.contains(where: { $0.state == .written || $0.state == .provisional }) { continue }
        state.rows.removeAll { known.contains($0) }
        state.rows.append(slice)
      }
    }
  }

  func prepare() async throws {}
  func close() async throws {}
  func prepare(tables: [TableSchema]) async throws {}
  func agree(on name: String, value: String) async throws {}
  func compare(_ batch: RecordBatch, of participant: String, in table: TableSchema, slice: SliceKey?) async throws -> RecordComparison {
    .distinct
  }
  func write(_ writes: [SliceWrite]) async throws -> [Result<SliceWriteResult, ProcessorError>] { [] }
}
