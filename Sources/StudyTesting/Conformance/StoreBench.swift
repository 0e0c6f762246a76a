import FlowCore
import StudyModel

/// A prepared store with tables of every kind, and helpers to write and read.
struct StoreBench: Sendable {
  static let samples = TableSchema(
    name: "samples", columns: [.init("instant", .instant), .init("utc_offset", .offset), .init("value", .integer)], key: ["instant"])
  static let days = TableSchema(name: "days", columns: [.init("date", .date), .init("steps", .integer), .init("distance", .real)], key: ["date"])
  static let zones = TableSchema(
    name: "zones", columns: [.init("date", .date), .init("zone", .text), .init("minutes", .integer)], key: ["date", "zone"])
  static let stages = TableSchema(
    name: "stages", columns: [.init("log", .text), .init("instant", .instant), .init("seconds", .integer), .init("date", .date)],
    key: ["log", "instant"])
  static let tables = [samples, days, zones, stages]
  /// 2026-01-05T00:00:00Z.
  static let day: Int64 = 1_767_571_200

  let home: any StoreHome
  let store: any RecordStore

  init(_ home: any StoreHome) async throws {
    self.home = home
    store = home.store()
    try await store.prepare()
    try await store.prepare(tables: Self.tables)
  }

  /// Another prepared store on the same data.
  func another(_ faultPoint: @escaping StoreFaultPoint = { _ in }) async throws -> any RecordStore {
    let store = home.store(agreements: [:], faultPoint: faultPoint)
    try await store.prepare()
    try await store.prepare(tables: Self.tables)
    return store
  }

  /// A prepared store on the same data that leases participants, and its leases.
  func leasing(_ run: String, on host: String = "host-1", batch: String = "batch-1") async throws -> (store: any RecordStore, leases: any ParticipantLeases) {
    guard let home = home.leasing else { throw BrokenPromise(description: "the home has no stores that lease participants") }
    let store = home.store(for: LeaseParty(run: run, host: host, batchID: "id of \(batch)", batch: batch))
    try await store.prepare()
    try await store.prepare(tables: Self.tables)
    guard let leases = store.leases else { throw BrokenPromise(description: "a store that leases participants has no leases") }
    return (store, leases)
  }

  // MARK: Writing

  /// A slice given in minutes of the day.
  static func slice(
    _ from: Int64, _ until: Int64, _ state: SliceState = .written, fetched: Int64 = 1000, sync: Int64? = nil, type: String = "heart",
    of participant: String = "P0001"
  ) -> LedgerSlice {
    var slice = LedgerSlice(
      key: SliceKey(participant: participant, dataType: type, start: day + from * 60, end: day + until * 60), state: state, run: "run-1")
    slice.fetchedAt = state.isAnswered ? Instant(seconds: fetched) : nil
    slice.latestSync = sync
    return slice
  }

  /// Samples by minute of the day; nil becomes NULL.
  static func samples(_ values: [(minute: Int64, value: Int64?)]) -> RecordBatch {
    let isNull = values.map { $0.value == nil }
    return RecordBatch(
      columns: [
        .init(name: "instant", values: .integer(values.map { day + $0.minute * 60 })),
        .init(name: "utc_offset", values: .integer(values.map { _ in -21_600 })),
        .init(name: "value", values: .integer(values.map { $0.value ?? 0 }), isNull: isNull.contains(true) ? isNull : nil),
      ], count: values.count)
  }

  static func samples(_ minutes: Range<Int64>, value: Int64 = 60) -> RecordBatch { samples(minutes.map { ($0, value) }) }

  static func zones(_ date: String, _ values: [(zone: String, minutes: Int64)]) -> RecordBatch {
    RecordBatch(
      columns: [
        .init(name: "date", values: .text(values.map { _ in date })), .init(name: "zone", values: .text(values.map(\.zone))),
        .init(name: "minutes", values: .integer(values.map(\.minutes))),
      ], count: values.count)
  }

  /// Sleep stages of a night that begins an hour before the day.
  static func stages(_ log: String, _ seconds: [Int64], date: String? = "2026-01-05") -> RecordBatch {
    let starts = seconds.indices.map { day - 3600 + seconds[..<$0].reduce(0, +) }
    return RecordBatch(
      columns: [
        .init(name: "log", values: .text(seconds.map { _ in log })), .init(name: "instant", values: .integer(starts)),
        .init(name: "seconds", values: .integer(seconds)),
        .init(name: "date", values: .text(seconds.map { _ in date ?? "" }), isNull: date == nil ? seconds.map { _ in true } : nil),
      ], count: seconds.count)
  }

  static let empty = RecordBatch(columns: [], count: 0)

  @discardableResult
  func write(
    _ batch: RecordBatch, _ slice: LedgerSlice?, in table: TableSchema = samples, of participant: String = "P0001",
    replacing replacement: SliceReplacement? = nil, finding: (any RowFinding)? = nil, with store: (any RecordStore)? = nil
  ) async throws -> SliceWriteResult {
    let write = SliceWrite(
      table: table, participant: participant, batch: batch, ledger: slice, replacement: replacement, finding: finding)
    let results = try await (store ?? self.store).write([write])
    try expect(results.count, is: 1, "results")
    return try results[0].get()
  }

  /// The verdict of comparing the day's samples with the table.
  func verdict(_ batch: RecordBatch) async throws -> RecordComparison.Verdict {
    try await store.compare(batch, of: "P0001", in: Self.samples, slice: Self.slice(0, 1440).key).verdict
  }

  // MARK: Reading

  /// `from-until state rows/missing` for each slice, in minutes of the day.
  func ledger(of participant: String = "P0001") async throws -> [String] {
    try await store.ledger(of: participant, dataTypes: nil).map { slice in
      "\((slice.key.start - Self.day) / 60)-\((slice.key.end - Self.day) / 60) \(slice.state.rawValue) \(slice.rows)/\(slice.missing)"
    }
  }

  /// A participant's rows as text, values separated by `|`; instants in seconds of the day.
  func rows(in table: TableSchema = samples, of participant: String = "P0001", within window: RowWindow = .everything) async throws -> [String] {
    let batch = try await look { try await $0.rows(of: participant, in: table, within: window) }
    return (0..<batch.count).map { row in
      table.columns.map { column in
        guard let stored = batch[column.name], stored.isNull?[row] != true else { return "NULL" }
        return switch stored.values {
        case .integer(let values): "\(column.kind == .instant ? values[row] - Self.day : values[row])"
        case .real(let values): "\(values[row])"
        case .text(let values): values[row]
        }
      }.joined(separator: "|")
    }
  }

  /// The samples by minute of the day, as `minute=value`.
  func samples(of participant: String = "P0001") async throws -> [String] {
    try await rows(of: participant).map { row in
      let values = row.split(separator: "|")
      return "\((Int64(values[0]) ?? 0) / 60)=\(values[2])"
    }
  }

  func look<Result: Sendable>(_ body: (any RecordReader) async throws -> Result) async throws -> Result {
    guard let result = try await store.reading(body) else { throw BrokenPromise(description: "a prepared store has no reader") }
    return result
  }
}

extension SliceWriteResult {
  /// `inserted updated unchanged missing`.
  var counts: [Int] { [inserted, updated, unchanged, missing] }
}
