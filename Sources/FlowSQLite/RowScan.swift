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
    let firstValue = Int32(key.count)
    var diff = RowDiff(order)
    try statement.scan { statement in
      let isInWindow = owns ?? window?.contains(sqlite3_column_int64(statement, time)) ?? false
      diff.meet(isInWindow: isInWindow) { row in
        RowScan.compareKey(key, row, statement)
      } hasSameValues: { row in
        RowScan.isEqual(values, row, statement, from: firstValue)
      }
      return true
    }
    diff.finish()
    return diff
  }

  private static func compareKey(_ key: [RecordBatch.Column], _ row: Int, _ statement: OpaquePointer) -> Int {
    for (index, column) in key.enumerated() {
      let order = StoredValue.compare(column.values, row, statement, Int32(index))
      if order != 0 { return order }
    }
    return 0
  }

  private static func isEqual(_ columns: [RecordBatch.Column], _ row: Int, _ statement: OpaquePointer, from first: Int32) -> Bool {
    for (index, column) in columns.enumerated() {
      guard StoredValue.isSame(column, row, statement, first + Int32(index)) else { return false }
    }
    return true
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
