import FlowCore
import GRDBSQLite
import StudyLedger
import StudyModel

/// Writes batch rows in statements of 48 rows, binding columns directly from the batch's arrays.
struct RowWriter {
  /// Measured: one statement of 48 rows is about twice as fast as 48 statements; larger ones gain nothing. A day of
  /// minutes or of seconds is a whole multiple.
  static let rowsPerStatement = 48
  /// The default of SQLITE_MAX_VARIABLE_NUMBER since SQLite 3.32.
  private static let parameterLimit = 32_766

  let session: SQLSession
  let table: TableSchema
  let participantID: Int64
  let batch: RecordBatch

  /// Inserts all rows of an order; their keys must not be in the table.
  func insert(_ order: RowOrder) throws {
    try write(count: order.count, replacing: false, row: order.row(at:))
  }
  /// Inserts rows by number; their keys must not be in the table.
  func insert(_ rows: [Int]) throws { try write(count: rows.count, replacing: false) { rows[$0] } }
  /// Updates rows whose keys are in the table.
  func replace(_ rows: [Int]) throws { try write(count: rows.count, replacing: true) { rows[$0] } }

  private func write(count: Int, replacing: Bool, row: (Int) -> Int) throws {
    guard count > 0 else { return }
    let chunk = max(1, min(RowWriter.rowsPerStatement, (RowWriter.parameterLimit - 1) / max(1, batch.columns.count)))
    var position = 0
    if count >= chunk {
      let statement = try session.statement(sql(rows: chunk, replacing: replacing))
      statement.bind(participantID, at: 1)
      while count - position >= chunk {
        try write(position..<(position + chunk), with: statement, row: row)
        position += chunk
      }
    }
    guard position < count else { return }
    let statement = try session.statement(sql(rows: 1, replacing: replacing))
    statement.bind(participantID, at: 1)
    for place in position..<count { try write(place..<(place + 1), with: statement, row: row) }
  }

  private func write(_ positions: Range<Int>, with statement: SQLStatement, row: (Int) -> Int) throws {
    for (index, column) in batch.columns.enumerated() {
      let first = Int32(index) + 2
      switch column.values {
      case .integer(let values): bind(values, column.isNull, positions, from: first, statement, row, statement.bind(_:at:))
      case .real(let values): bind(values, column.isNull, positions, from: first, statement, row, statement.bind(_:at:))
      case .text(let values): bind(values, column.isNull, positions, from: first, statement, row, statement.bind(_:at:))
      }
    }
    try statement.run()
  }

  @inline(__always)
  private func bind<Value>(
    _ values: [Value], _ isNull: [Bool]?, _ positions: Range<Int>, from first: Int32, _ statement: SQLStatement,
    _ row: (Int) -> Int, _ bindValue: (Value, Int32) -> Void
  ) {
    var parameter = first
    for position in positions {
      let row = row(position)
      if let isNull, isNull[row] { statement.bindNull(at: parameter) } else { bindValue(values[row], parameter) }
      parameter += Int32(batch.columns.count)
    }
  }

  /// `INSERT INTO t (participant_id, …) VALUES (?1,?,…),(?1,?,…)…`: the participant is bound only once.
  private func sql(rows: Int, replacing: Bool) -> String {
    let columns = batch.columns.map(\.name)
    return session.texts.text(.init(kind: replacing ? .replace : .insert, table: table.name, columns: columns, rows: rows)) {
      Self.sql(table, columns, rows: rows, replacing: replacing)
    }
  }

  private static func sql(_ table: TableSchema, _ columns: [String], rows: Int, replacing: Bool) -> String {
    let row = "(?1" + String(repeating: ",?", count: columns.count) + ")"
    var sql = "INSERT INTO \(quoted(table.name)) (participant_id"
    for column in columns { sql += "," + quoted(column) }
    sql += ") VALUES " + row
    for _ in 1..<max(1, rows) { sql += "," + row }
    guard replacing else { return sql }
    let values = columns.filter { !table.key.contains($0) }
    let assignments = values.map { "\(quoted($0))=excluded.\(quoted($0))" }
    let key = (["participant_id"] + table.key.map(quoted)).joined(separator: ",")
    return sql + " ON CONFLICT(\(key)) DO UPDATE SET " + assignments.joined(separator: ",")
  }
}

/// Quotes an SQL identifier.
func quoted(_ name: String) -> String {
  "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}
