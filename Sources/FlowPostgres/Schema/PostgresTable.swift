import FlowCore
import StudyLedger
import StudyModel

/// A record table as PostgreSQL has it.
struct PostgresTable: Sendable {
  let table: TableSchema

  init(_ table: TableSchema) { self.table = table }

  /// Columns of the promised tables fit `integer`; what a flow of one's own stores may be as large as in a file.
  func type(of column: TableSchema.Column) -> PostgresType {
    switch column.kind {
    case .integer: table.promises(column) ? .integer : .bigint
    case .offset: .integer
    case .instant: .timestamp
    case .date: .date
    case .real: .double
    case .text: .text
    }
  }

  /// The writers of a batch's columns. Throws `ProcessorError` (`internal`) for a column that the table lacks.
  func encoders(_ batch: RecordBatch) throws -> [ColumnEncoder] {
    try table.check(batch)
    return batch.columns.compactMap { column in
      table.columns.first { $0.name == column.name }.map { ColumnEncoder(column, type(of: $0), table: table.name) }
    }
  }

  /// Whether the table is divided by the months of its instants.
  var isPartitioned: Bool { table.timeColumn?.kind == .instant }

  // MARK: SQL

  /// `participant_id`, the columns in order, and the key. There is no foreign key: it would look the participant up for each row, and every
  /// write reads the participant's id in its own transaction.
  func createStatement(isHypertable: Bool) -> String {
    var lines = ["participant_id integer NOT NULL"]
    for column in table.columns {
      lines.append("\(quoted(column.name)) \(type(of: column).declaration)" + (table.key.contains(column.name) ? " NOT NULL" : ""))
    }
    lines.append("PRIMARY KEY (" + (["participant_id"] + table.key.map(quoted)).joined(separator: ", ") + ")")
    let partition = table.timeColumn.flatMap { isPartitioned && !isHypertable ? " PARTITION BY RANGE (\(quoted($0.name)))" : nil }
    return "CREATE TABLE \(quoted(table.name)) (\n  \(lines.joined(separator: ",\n  "))\n)\(partition ?? "")"
  }

  /// TimescaleDB divides the table instead. The key serves as index.
  var hypertableStatement: String {
    "SELECT create_hypertable('\(quoted(table.name))', '\(table.timeColumn?.name ?? "")', chunk_time_interval => interval '1 month', create_default_indexes => false)"
  }

  var viewName: String { table.name + "_local" }

  /// The columns and `datetime`, the local wall time as text; NULL where the offset is unknown. nil if the table has no instant in its key,
  /// no offset, or a `datetime` column of its own.
  /// - Parameter last: columns after `datetime`, in a view that already has others.
  func viewStatement(columns: [String], last: [String] = []) -> String? {
    guard let time = table.timeColumn, time.kind == .instant, let offset = table.columns.first(where: { $0.kind == .offset }),
      !columns.contains(where: { $0.lowercased() == "datetime" })
    else { return nil }
    return """
      CREATE OR REPLACE VIEW \(quoted(viewName)) AS
      SELECT \(columns.map(quoted).joined(separator: ", ")),
        to_char((\(quoted(time.name)) AT TIME ZONE 'UTC') + \(quoted(offset.name)) * interval '1 second', 'YYYY-MM-DD HH24:MI:SS') AS datetime\(last.map { ", " + quoted($0) }.joined())
      FROM \(quoted(table.name))
      """
  }

  /// What the columns hold, for `\d+`.
  var comments: [String] {
    table.columns.compactMap { column in
      table.meaning(of: column).map { "COMMENT ON COLUMN \(quoted(table.name)).\(quoted(column.name)) IS '\($0)'" }
    }
  }
}

/// Quotes an SQL identifier.
func quoted(_ name: String) -> String {
  "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}
