import FlowCore
import GRDB
import GRDBSQLite

/// One query on a connection.
enum SQLiteQuery {
  /// Runs a query and reads its rows. Blocks.
  /// - Throws: `ProcessorError`; `DatabaseError` for what is no fault of the query.
  static func rows(of sql: String, on database: Database, _ limits: QueryLimits) throws -> DataTable {
    let sql = sql.withoutFinalSemicolon
    do {
      // Only what can stand in brackets is a query: neither PRAGMA, nor ATTACH, nor a second statement.
      _ = try database.makeStatement(sql: "SELECT * FROM (\n\(sql)\n)")
      let statement = try database.makeStatement(sql: sql)
      guard sqlite3_stmt_readonly(statement.sqliteStatement) != 0 else { throw refused("it changes the database") }
      guard sqlite3_bind_parameter_count(statement.sqliteStatement) == 0 else { throw refused("it has parameters without values") }
      var table = try DataTable.forQuery(columns: statement.columnNames)
      var meter = QueryLimits.Meter(limits)
      let kinds = (0..<Int32(table.columns.count)).map { SQLiteColumnKind(declaration: sqlite3_column_decltype(statement.sqliteStatement, $0)) }
      let cursor = SQLStatement(statement, connection: database.sqliteConnection) { _ in }
      try cursor.scan { pointer in
        let row = kinds.enumerated().map { value(pointer, Int32($0.offset), $0.element) }
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

  private static func value(_ row: OpaquePointer, _ column: Int32, _ kind: SQLiteColumnKind) -> DataValue {
    switch sqlite3_column_type(row, column) {
    case SQLITE_INTEGER:
      let number = sqlite3_column_int64(row, column)
      return kind == .boolean && (number == 0 || number == 1) ? .boolean(number == 1) : .number(String(number))
    case SQLITE_FLOAT: return DataValue(sqlite3_column_double(row, column))
    case SQLITE_TEXT:
      let text = SQLRow(row).text(column) ?? ""
      return kind == .json ? .json(text) : .text(text)
    case SQLITE_BLOB:
      let bytes = UnsafeRawBufferPointer(start: sqlite3_column_blob(row, column), count: Int(sqlite3_column_bytes(row, column)))
      return .text("\\x" + Hexadecimal.text(bytes))
    default: return .null
    }
  }
}

/// What a column of the database in memory holds beyond SQLite's own types, by its declaration.
enum SQLiteColumnKind: String {
  case boolean = "FLOWRUN_BOOLEAN"
  case json = "FLOWRUN_JSON"
  case other = ""

  /// - Parameter declaration: nil for an expression.
  init(declaration: UnsafePointer<CChar>?) { self = declaration.flatMap { SQLiteColumnKind(rawValue: String(cString: $0)) } ?? .other }

  /// By what its values are.
  init(of values: some Sequence<DataValue>) {
    var found: SQLiteColumnKind?
    for value in values {
      let kind: SQLiteColumnKind
      switch value {
      case .null: continue
      case .boolean: kind = .boolean
      case .json: kind = .json
      case .number, .text: kind = .other
      }
      guard kind != .other, found == nil || found == kind else {
        self = .other
        return
      }
      found = kind
    }
    self = found ?? .other
  }
}

extension SQLStatement {
  /// Binds a record's value. Whole numbers beyond 64 bits are bound as texts, because SQLite would round them.
  func bind(_ value: DataValue, at index: Int32) {
    switch value {
    case .null: bindNull(at: index)
    case .boolean(let value): bind(value ? 1 : 0 as Int64, at: index)
    case .text(let text), .json(let text): bind(text, at: index)
    case .number(let text):
      if let whole = Int64(text) { return bind(whole, at: index) }
      let isWhole = text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard !isWhole, let real = Double(text), real.isFinite else { return bind(text, at: index) }
      bind(real, at: index)
    }
  }
}
