import FlowCore
import StudyModel

/// The SQL of a record table.
struct TableDefinition {
  let table: TableSchema

  init(_ table: TableSchema) { self.table = table }

  /// `participant_id`, the columns in order, and the key. WITHOUT ROWID stores rows in key order in one tree, so that a
  /// slice is one range.
  var sql: String {
    var lines = ["participant_id INTEGER NOT NULL REFERENCES participant"]
    for column in table.columns {
      lines.append("\(quoted(column.name)) \(column.kind.storage)" + (table.key.contains(column.name) ? " NOT NULL" : ""))
    }
    lines.append("PRIMARY KEY (" + (["participant_id"] + table.key.map(quoted)).joined(separator: ", ") + ")")
    return "CREATE TABLE \(quoted(table.name)) (\n  \(lines.joined(separator: ",\n  "))\n) WITHOUT ROWID"
  }

  var viewName: String { table.name + "_local" }

  /// Whether the declared columns require a view of local times.
  var hasView: Bool { viewSQL(columns: table.columns.map(\.name)) != nil }

  /// nil if the table has no instant in its key, no offset, or a `datetime` column of its own.
  func viewSQL(columns: [String]) -> String? {
    guard let time = table.timeColumn, time.kind == .instant, let offset = table.columns.first(where: { $0.kind == .offset }),
      !columns.contains(where: { $0.lowercased() == "datetime" })
    else { return nil }
    return """
      CREATE VIEW \(quoted(viewName)) AS
      SELECT \(columns.map(quoted).joined(separator: ", ")),
        datetime(\(quoted(time.name)) + \(quoted(offset.name)), 'unixepoch') AS datetime
      FROM \(quoted(table.name))
      """
  }

  /// Whether an object with the view's name is that view, possibly with fewer columns.
  func isOwnView(kind: String, sql: String) -> Bool {
    kind == "view" && sql.hasPrefix("CREATE VIEW \(quoted(viewName)) AS\nSELECT ") && sql.hasSuffix("'unixepoch') AS datetime\nFROM \(quoted(table.name))")
  }
}

extension ColumnKind {
  /// The declared SQLite type.
  var storage: String {
    switch self {
    case .integer, .instant, .offset: "INTEGER"
    case .real: "REAL"
    case .text, .date: "TEXT"
    }
  }
}
