import FlowCore
import GRDB
import GRDBSQLite
import StudyModel

/// Reads the rows of one participant and slice in key order.
///
/// Which rows belong to a slice: in a table with an instant in its key, those whose instant lies in the slice. In one with a date, those
/// from the first to the last date of the batch: the ledger knows instants, not the zone that made the dates. In a table without time
/// every row of the participant is looked at and none belongs to a slice.
struct RowScan {
  let session: SQLSession
  let table: TableSchema
  let participantID: Int64
  let batch: RecordBatch

  /// Holds the batch's rows against the table's. `window` nil: no row can have vanished.
  func merge(_ order: RowOrder, window: Range<Int64>?) throws -> RowMerge {
    let key = table.key.compactMap { batch[$0] }
    let values = batch.columns.filter { !table.key.contains($0.name) }
    let statement = try session.statement(sql(key: table.key, values: values.map(\.name)))
    statement.bind(participantID, at: 1)
    try bindBounds(statement, order, window)
    guard let index = table.timeColumn.flatMap({ table.key.firstIndex(of: $0.name) }), let window else {
      return try RowMerge(order, key: key, values: values, existing: statement) { _ in false }
    }
    guard table.timeColumn?.kind == .instant else {
      return try RowMerge(order, key: key, values: values, existing: statement) { _ in true }
    }
    return try RowMerge(order, key: key, values: values, existing: statement) {
      window.contains(sqlite3_column_int64($0, Int32(index)))
    }
  }

  /// Rows of the table in a window; nil where the table has no instants.
  func count(in window: Range<Int64>) throws -> Int? {
    guard let time = table.timeColumn, time.kind == .instant else { return nil }
    let sql = """
      SELECT count(*) FROM \(quoted(table.name)) WHERE participant_id = ? AND \(quoted(time.name)) >= ? AND \(quoted(time.name)) < ?
      """
    return try session.rows(sql, [participantID, window.lowerBound, window.upperBound]).first?[0]
  }

  /// The instant of a row of the batch; nil where the table has none.
  func instant(ofRow row: Int) -> Int64? {
    guard let time = table.timeColumn, time.kind == .instant, case .integer(let values)? = batch[time.name]?.values else { return nil }
    return values[row]
  }

  func isInWindow(row: Int, _ window: Range<Int64>?) -> Bool {
    guard let window, table.timeColumn != nil else { return true }
    return instant(ofRow: row).map(window.contains) ?? true
  }

  func countInWindow(_ rows: RowOrder, _ window: Range<Int64>?) -> Int {
    guard rows.count > 0 else { return 0 }
    // In key order the first and the last row tell for all, where the key begins with the time.
    if table.key.first == table.timeColumn?.name, isInWindow(row: rows.row(at: 0), window),
      isInWindow(row: rows.row(at: rows.count - 1), window)
    {
      return rows.count
    }
    return (0..<rows.count).count { isInWindow(row: rows.row(at: $0), window) }
  }

  private func sql(key: [String], values: [String]) -> String {
    var sql = "SELECT " + (key + values).map(quoted).joined(separator: ",")
    sql += " FROM \(quoted(table.name)) WHERE participant_id = ?1"
    if let time = table.timeColumn { sql += " AND \(quoted(time.name)) BETWEEN ?2 AND ?3" }
    return sql + " ORDER BY " + (["participant_id"] + key.map(quoted)).joined(separator: ",")
  }

  /// Binds inclusive bounds that hold the window and every row of the batch; NULL bounds match no row.
  private func bindBounds(_ statement: SQLStatement, _ order: RowOrder, _ window: Range<Int64>?) throws {
    guard let time = table.timeColumn else { return }
    let rows = (0..<order.count).lazy.map(order.row(at:))
    switch batch[time.name]?.values {
    case .text(let values) where time.kind == .date:
      let dates = rows.map { values[$0] }
      bind(dates.min { $0.utf8.lexicographicallyPrecedes($1.utf8) }, at: 2, of: statement)
      bind(dates.max { $0.utf8.lexicographicallyPrecedes($1.utf8) }, at: 3, of: statement)
    case .integer(let values) where time.kind == .instant:
      var lower = window?.lowerBound ?? Int64.max
      var upper = window.map { $0.upperBound - 1 } ?? Int64.min
      for row in rows {
        lower = min(lower, values[row])
        upper = max(upper, values[row])
      }
      statement.bind(lower, at: 2)
      statement.bind(upper, at: 3)
    case nil where time.kind == .instant && window != nil:
      statement.bind(window?.lowerBound ?? 0, at: 2)
      statement.bind((window?.upperBound ?? 0) - 1, at: 3)
    case nil:
      statement.bindNull(at: 2)
      statement.bindNull(at: 3)
    case .some:
      throw ProcessorError(.badData, "column '\(time.name)' holds no \(time.kind.rawValue)s")
    }
  }

  private func bind(_ text: String?, at index: Int32, of statement: SQLStatement) {
    if let text { statement.bind(text, at: index) } else { statement.bindNull(at: index) }
  }
}
