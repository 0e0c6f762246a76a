import FlowCore
import GRDB
import GRDBSQLite
import StudyLedger
import StudyModel

/// Queries of `DatabaseReader` on tables, inside one transaction.
struct RecordsReader {
  let session: SQLSession

  func read(_ participant: String, _ wanted: WantedRecords) throws -> ParticipantRecords {
    var records = ParticipantRecords()
    guard let id = try session.participantID(of: participant) else { return records }
    records.ledger = try SliceLedger(session: session).rows(of: participant, id, dataTypes: nil, endingAfter: nil)
    for table in wanted.minutes where try exists(table) { records.minutes[table.table] = try minutes(of: table, id) }
    for (table, seconds) in wanted.intervals where try exists(table) && exists(TableColumn(table: table.table, column: seconds)) {
      records.minutes[table.table] = try intervals(of: table, seconds: seconds, id)
    }
    for table in wanted.dates where try exists(table) {
      let sql = "SELECT DISTINCT \(quoted(table.column)) FROM \(quoted(table.table)) WHERE participant_id = ?"
      records.dates[table.table] = Set(try session.rows(sql, [id]).compactMap { CivilDate(text: $0[0] as String) })
    }
    for (column, date) in wanted.totals where try exists(column) {
      let sql = """
        SELECT \(quoted(date)), sum(\(quoted(column.column))) FROM \(quoted(column.table)) WHERE participant_id = ? GROUP BY 1
        """
      for row in try session.rows(sql, [id]) {
        guard let date = CivilDate(text: row[0] as String), let total: Double = row[1] else { continue }
        records.totals[column, default: [:]][date] = total
      }
    }
    return records
  }

  func emptyColumns(of tables: [TableSchema]) throws -> [TableColumn] {
    try tables.flatMap { table -> [TableColumn] in
      let columns = try columns(of: table)
      guard !columns.isEmpty, try isThere("SELECT 1 FROM \(quoted(table.name))") else { return [] }
      return try columns.filter { try !isThere("SELECT 1 FROM \(quoted(table.name)) WHERE \(quoted($0.name)) IS NOT NULL") }
        .map { TableColumn(table: table.name, column: $0.name) }
    }
  }

  /// The columns that exist in the database.
  func columns(of table: TableSchema) throws -> [TableSchema.Column] {
    let known = try session.rows("SELECT name FROM pragma_table_info(?)", [table.name]).map { ($0[0] as String).lowercased() }
    return table.columns.filter { known.contains($0.name.lowercased()) }
  }

  private func isThere(_ sql: String) throws -> Bool { try !session.rows(sql + " LIMIT 1").isEmpty }

  /// The flow may declare tables and columns that the database does not have yet.
  private func exists(_ column: TableColumn) throws -> Bool {
    try !session.rows("SELECT 1 FROM pragma_table_info(?) WHERE name = ? COLLATE NOCASE", [column.table, column.column]).isEmpty
  }

  /// The minutes that the intervals overlap.
  private func intervals(of table: TableColumn, seconds: String, _ participantID: Int64) throws -> [Range<Int64>] {
    let time = quoted(table.column)
    let statement = try session.statement(
      "SELECT \(time), coalesce(\(quoted(seconds)), 0) FROM \(quoted(table.table)) WHERE participant_id = ? ORDER BY \(time)")
    statement.bind(participantID, at: 1)
    var minutes = CoveredMinutes()
    try statement.scan { row in
      minutes.add(sqlite3_column_int64(row, 0), seconds: sqlite3_column_int64(row, 1))
      return true
    }
    return minutes.ranges
  }

  /// Scans the rows in key order without allocating an object for each.
  private func minutes(of table: TableColumn, _ participantID: Int64) throws -> [Range<Int64>] {
    let time = quoted(table.column)
    let statement = try session.statement(
      "SELECT \(time) FROM \(quoted(table.table)) WHERE participant_id = ? ORDER BY \(time)")
    statement.bind(participantID, at: 1)
    var minutes = CoveredMinutes()
    try statement.scan { row in
      minutes.add(sqlite3_column_int64(row, 0))
      return true
    }
    return minutes.ranges
  }
}
