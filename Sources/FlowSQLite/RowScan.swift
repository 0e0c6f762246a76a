import FlowCore
import GRDB
import GRDBSQLite
import StudyLedger
import StudyModel

/// Scans the rows of one participant and slice in key order and compares a batch with them.
struct RowScan {
  let session: SQLSession
  let participantID: Int64
  private let rows: SliceRows
  private var table: TableSchema { rows.table }
  private var batch: RecordBatch { rows.batch }

  init(_ rows: SliceRows, participantID: Int64, _ session: SQLSession) {
    self.rows = rows
    self.participantID = participantID
    self.session = session
  }

  /// - Parameter window: the slice; nil if no row can be missing.
  func diff(_ order: RowOrder, _ span: SliceRows.Span, window: Range<Int64>?) throws -> RowDiff {
    let key = table.key.compactMap { batch[$0] }
    let values = batch.columns.filter { !table.key.contains($0.name) }
    let statement = try session.statement(sql(values: values.map(\.name)))
    statement.bind(participantID, at: 1)
    bind(span, statement)
    let owns = rows.ownsEveryRow(window)
    let time = Int32(table.timeColumn.flatMap { table.key.firstIndex(of: $0.name) } ?? 0)
    let comparison = ComparedColumns(key: key, values: values)
    var diff = RowDiff(order)
    try comparison.withWholeNumbers(count: batch.count) { numbers in
      try statement.scan { statement in
        let isInWindow = owns ?? window?.contains(sqlite3_column_int64(statement, time)) ?? false
        if let numbers {
          diff.meet(isInWindow: isInWindow) { numbers.compareKey($0, statement) } hasSameValues: { numbers.hasSameValues($0, statement) }
        } else {
          diff.meet(isInWindow: isInWindow) { comparison.compareKey($0, statement) } hasSameValues: { comparison.hasSameValues($0, statement) }
        }
        return true
      }
    }
    diff.finish()
    return diff
  }

  /// Number of table rows in a window; nil if the table has no instants.
  func count(in window: Range<Int64>) throws -> Int? {
    guard let time = table.timeColumn, time.kind == .instant else { return nil }
    let sql = """
      SELECT count(*) FROM \(quoted(table.name)) WHERE participant_id = ? AND \(quoted(time.name)) >= ? AND \(quoted(time.name)) < ?
      """
    return try session.rows(sql, [participantID, window.lowerBound, window.upperBound]).first?[0]
  }

  private func sql(values: [String]) -> String {
    session.texts.text(.init(kind: .scan, table: table.name, columns: values)) { Self.sql(table, values) }
  }

  private static func sql(_ table: TableSchema, _ values: [String]) -> String {
    var sql = "SELECT " + (table.key + values).map(quoted).joined(separator: ",")
    sql += " FROM \(quoted(table.name)) WHERE participant_id = ?1"
    if let time = table.timeColumn { sql += " AND \(quoted(time.name)) BETWEEN ?2 AND ?3" }
    return sql + " ORDER BY " + (["participant_id"] + table.key.map(quoted)).joined(separator: ",")
  }

  /// Comparison with NULL bounds matches no row.
  private func bind(_ span: SliceRows.Span, _ statement: SQLStatement) {
    switch span {
    case .instants(let instants):
      statement.bind(instants.lowerBound, at: 2)
      statement.bind(instants.upperBound, at: 3)
    case .dates(let dates):
      statement.bind(dates.lowerBound, at: 2)
      statement.bind(dates.upperBound, at: 3)
    case .none:
      statement.bindNull(at: 2)
      statement.bindNull(at: 3)
    case .all: break
    }
  }
}

/// The columns of a batch that a scan compares, in the order in which it reads them.
private struct ComparedColumns {
  let key: [RecordBatch.Column]
  let values: [RecordBatch.Column]

  func compareKey(_ row: Int, _ statement: OpaquePointer) -> Int {
    for (index, column) in key.enumerated() {
      let order = StoredValue.compare(column.values, row, statement, Int32(index))
      if order != 0 { return order }
    }
    return 0
  }

  func hasSameValues(_ row: Int, _ statement: OpaquePointer) -> Bool {
    for (index, column) in values.enumerated() {
      guard StoredValue.isSame(column, row, statement, Int32(key.count + index)) else { return false }
    }
    return true
  }

  /// Calls `body` with the values if all are whole numbers, as those of samples are, else with nil. Arrays would be retained and released
  /// for each row, which costs as much as the comparison.
  func withWholeNumbers<Result>(count: Int, _ body: (WholeNumbers?) throws -> Result) rethrows -> Result {
    var arrays: [[Int64]] = []
    for column in key + values {
      guard column.isNull == nil, case .integer(let numbers) = column.values, numbers.count == count else { return try body(nil) }
      arrays.append(numbers)
    }
    return try withUnsafeTemporaryAllocation(of: Int64.self, capacity: arrays.count * count) { numbers in
      var end = numbers.startIndex
      for array in arrays { end = numbers[end...].initialize(fromContentsOf: array) }
      return try body(WholeNumbers(numbers: UnsafeBufferPointer(numbers), count: count, keyCount: key.count, columnCount: arrays.count))
    }
  }
}

/// The same with whole numbers only, none of them NULL: row r of column c is `numbers[c * count + r]`.
private struct WholeNumbers {
  let numbers: UnsafeBufferPointer<Int64>
  let count: Int
  let keyCount: Int
  let columnCount: Int

  func compareKey(_ row: Int, _ statement: OpaquePointer) -> Int {
    for column in 0..<keyCount {
      let order = StoredValue.compare(numbers[column * count + row], statement, Int32(column))
      if order != 0 { return order }
    }
    return 0
  }

  func hasSameValues(_ row: Int, _ statement: OpaquePointer) -> Bool {
    for column in keyCount..<columnCount {
      guard StoredValue.compare(numbers[column * count + row], statement, Int32(column)) == 0 else { return false }
    }
    return true
  }
}
