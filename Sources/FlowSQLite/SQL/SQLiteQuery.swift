import FlowCore
import GRDB
import GRDBSQLite

/// One query on a connection.
enum SQLiteQuery {
  /// Runs a query and reads its rows. Blocks.
  /// - Parameter records: what the database is made of, if it is one in memory.
  /// - Throws: `ProcessorError`; `DatabaseError` for what is no fault of the query.
  static func rows(of sql: String, on database: Database, _ limits: QueryLimits, records: QueriedColumns? = nil) throws -> DataTable {
    let sql = sql.withoutFinalSemicolon
    do {
      // Only what can stand in brackets is a query: neither PRAGMA, nor ATTACH, nor a second statement.
      _ = try database.makeStatement(sql: "SELECT * FROM (\n\(sql)\n)")
      let statement = try database.makeStatement(sql: sql)
      guard sqlite3_stmt_readonly(statement.sqliteStatement) != 0 else { throw refused("it changes the database") }
      guard sqlite3_bind_parameter_count(statement.sqliteStatement) == 0 else { throw refused("it has parameters without values") }
      var table = try DataTable.forQuery(columns: statement.columnNames)
      var meter = QueryLimits.Meter(limits)
      let origins = table.columns.indices.map { records?.column(declaredAs: sqlite3_column_decltype(statement.sqliteStatement, Int32($0))) }
      let cursor = SQLStatement(statement, connection: database.sqliteConnection) { _ in }
      try cursor.scan { pointer in
        var row: [DataValue] = []
        row.reserveCapacity(origins.count)
        for (place, origin) in origins.enumerated() {
          guard let value = SQLiteValue(pointer, Int32(place)) else {
            throw ProcessorError(
              .badData, "column '\(table.columns[place])' of row \(table.rows.count + 1) has a text that is not UTF-8; expected UTF-8, or its bytes: CAST(… AS BLOB)")
          }
          if origin == nil, records?.isRounded(value) == true {
            throw ProcessorError(
              .badData,
              "column '\(table.columns[place])' of row \(table.rows.count + 1) is computed of a whole number of more than 64 bits, whose last digits SQL does not know; "
                + "expected the field itself, or its values as texts, in quotes")
          }
          row.append(try origin?.restored(value) ?? value.dataValue)
        }
        try meter.add(row)
        table.rows.append(row)
        return true
      }
      return table
    } catch let error as DatabaseError where [.SQLITE_ERROR, .SQLITE_AUTH, .SQLITE_MISUSE, .SQLITE_RANGE, .SQLITE_TOOBIG, .SQLITE_MISMATCH].contains(error.resultCode) {
      throw refused(error.message ?? "it is refused")
    }
  }

  private static func refused(_ found: String) -> ProcessorError {
    ProcessorError(.badRequest, "the query cannot be run: \(found); expected one SELECT")
  }
}
