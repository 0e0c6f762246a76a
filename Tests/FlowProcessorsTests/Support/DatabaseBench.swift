import FlowCore
import FlowFileSystem
import FlowSQLite
import FlowTesting
import Foundation
import StudyModel

/// A real database in its own folder, with one prepared table, for processors that compare and write.
struct DatabaseBench: Sendable {
  static let table = TableSchema(name: "heart", columns: [.init("instant", .instant), .init("value", .integer)], key: ["instant"])
  static let properties: [String: PropertyLiteral] = ["database": "store", "table": "heart", "key": ["instant"]]
  /// 2026-01-05T00:00:00Z.
  static let day: Int64 = 1_767_571_200

  let folder: TemporaryFolder
  let store: any RecordStore

  /// - Parameter faults: passed at every boundary with the database, once the table is there.
  init(_ table: TableSchema = DatabaseBench.table, faults: FaultPlan = FaultPlan()) async throws {
    let folder = try TemporaryFolder()
    self.folder = folder
    let isPrepared = Locked(false)
    let environment = RuntimeEnvironment.undriven(fileSystem: POSIXFileSystem(), lane: { DispatchLane(label: $0) })
    store = SQLiteDatabase(values: PropertyValues(["path": folder.path("study.sqlite")]), environment: environment) { boundary in
      // The database retains its folder even if this value is released.
      try withExtendedLifetime(folder) {
        if isPrepared.withLock({ $0 }) { try faults.pass("store.\(boundary)") }
      }
    }
    try await store.prepare()
    try await store.prepare(tables: [table])
    isPrepared.withLock { $0 = true }
  }

  static func records(_ values: [Int64: Int64]) -> Content {
    let rows = values.sorted { $0.key < $1.key }
    return .records(
      RecordBatch(
        columns: [.init(name: "instant", values: .integer(rows.map { day + $0.key })), .init(name: "value", values: .integer(rows.map(\.value)))],
        count: rows.count))
  }

  /// The attributes of a day's slice when its rows are written.
  static func slice(_ participant: String = "P1", day number: Int64 = 0, fetched hour: Int64 = 0, _ more: [String: String] = [:]) -> Attributes {
    let start = day + number * 86_400
    let attributes = [
      "participant": participant, "data_type": "heart", "slice.start": Instant(seconds: start).text, "slice.end": Instant(seconds: start + 86_400).text,
      "slice.zone": "UTC", "slice.provisional": "false", "latest_sync": Instant(seconds: day + 10 * 86_400).text,
      "fetched_at": Instant(seconds: day + 11 * 86_400 + hour * 3600).text, "sha256": "ab12",
    ]
    return Attributes(attributes.merging(more) { $1 })
  }

  func ledger(of participant: String = "P1") async throws -> [LedgerSlice] { try await store.ledger(of: participant, dataTypes: nil) }
}
