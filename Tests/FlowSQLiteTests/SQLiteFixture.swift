import FlowCore
import FlowSQLite
import Foundation
import GRDB
import StudyModel
import Testing

/// A database in a temporary folder, with what tests say about it.
final class SQLiteFixture: Sendable {
  static let heartRate = TableSchema.promised[2]
  static let zones = TableSchema.promised[1]
  static let activity = TableSchema.promised[0]
  /// 2026-01-05T00:00:00Z.
  static let day: Int64 = 1_767_571_200

  let environment: SQLiteEnvironment
  let store: SQLiteDatabase

  /// Opens the database and prepares the promised tables.
  init(faultPoint: @escaping StoreFaultPoint = { _ in }, limits: SQLiteLimits = SQLiteLimits()) async throws {
    environment = try SQLiteEnvironment()
    store = SQLiteFixture.store(environment, faultPoint: faultPoint, limits: limits)
    try await store.prepare()
    try await store.prepare(tables: TableSchema.promised)
  }
  deinit { environment.remove() }

  var file: String { environment.path("data.sqlite") }

  static func store(
    _ environment: SQLiteEnvironment, path: String? = nil, agree: [String: String] = [:],
    faultPoint: @escaping StoreFaultPoint = { _ in }, limits: SQLiteLimits = SQLiteLimits()
  ) -> SQLiteDatabase {
    let facts = agree.sorted { $0.key < $1.key }
      .map { NamedValue(name: $0.key, value: $0.value, position: SourcePosition(line: 1, column: 1)) }
    return SQLiteDatabase(
      values: PropertyValues(["path": path ?? environment.path("data.sqlite"), "agree": facts]),
      environment: environment.runtime(), faultPoint: faultPoint, limits: limits)
  }

  /// Writes one slice; the result, or the failure thrown.
  @discardableResult
  func write(
    _ batch: RecordBatch, _ slice: LedgerSlice?, table: TableSchema = heartRate, participant: String = "P0001"
  ) async throws -> SliceWriteResult {
    let results = try await store.write([SliceWrite(table: table, participant: participant, batch: batch, ledger: slice)])
    return try #require(results.first).get()
  }

  /// What a query says, each row as text with `|` between the values.
  func query(_ sql: String) throws -> [String] { try SQLiteFixture.query(sql, in: file) }

  static func query(_ sql: String, in file: String) throws -> [String] {
    let queue = try DatabaseQueue(path: file)
    return try queue.read { database in
      try Row.fetchAll(database, sql: sql).map { row in
        row.map { $0.1.isNull ? "NULL" : String.fromDatabaseValue($0.1) ?? "\($0.1)" }.joined(separator: "|")
      }
    }
  }

  func execute(_ sql: String) throws { try SQLiteFixture.execute(sql, in: file) }

  static func execute(_ sql: String, in file: String) throws {
    let queue = try DatabaseQueue(path: file)
    try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
  }

  static func slice(
    _ start: Int64, _ end: Int64, fetched: Int64? = 1000, state: SliceState = .written, dataType: String = "intraday-heart-rate",
    participant: String = "P0001"
  ) -> LedgerSlice {
    var slice = LedgerSlice(
      key: SliceKey(participant: participant, dataType: dataType, start: start, end: end), state: state, run: "run-1")
    slice.fetchedAt = fetched.map { Instant(seconds: $0) }
    return slice
  }

  static func heart(_ values: [(instant: Int64, value: Int64?)], offset: Int64 = -21_600) -> RecordBatch {
    let isNull = values.map { $0.value == nil }
    return RecordBatch(
      columns: [
        .init(name: "instant", values: .integer(values.map(\.instant))),
        .init(name: "utc_offset", values: .integer(values.map { _ in offset })),
        .init(name: "value", values: .integer(values.map { $0.value ?? 0 }), isNull: isNull.contains(true) ? isNull : nil),
      ], count: values.count)
  }

  static func zones(_ date: String, _ rows: [(zone: String, minutes: Int64?, calories: Double?)]) -> RecordBatch {
    RecordBatch(
      columns: [
        .init(name: "date", values: .text(rows.map { _ in date })),
        .init(name: "zone", values: .text(rows.map(\.zone))),
        .init(name: "minutes", values: .integer(rows.map { $0.minutes ?? 0 }), isNull: rows.map { $0.minutes == nil }),
        .init(name: "calories_out", values: .real(rows.map { $0.calories ?? 0 }), isNull: rows.map { $0.calories == nil }),
      ], count: rows.count)
  }
}

extension SliceWriteResult {
  /// `inserted updated unchanged missing`.
  var counts: [Int] { [inserted, updated, unchanged, missing] }
}
