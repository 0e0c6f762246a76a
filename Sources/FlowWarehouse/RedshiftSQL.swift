/// SQL of Amazon Redshift (docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html).
struct RedshiftSQL: WarehouseSQL {
  /// Longer texts than any that a shipped mapping makes; Redshift reserves memory by it.
  static let textLimitBytes = 1024

  let reservedPrefixes = ["pg_", "stl_", "stv_", "svl_", "svv_"]
  let remarks = [
    "Redshift: keys are informational: it plans with them but does not enforce them. A row that is loaded twice is there twice: load with MERGE.",
    "A text has at most \(RedshiftSQL.textLimitBytes) bytes; COPY refuses a longer one (TRUNCATECOLUMNS would cut it off): raise VARCHAR where a flow has longer ones.",
    "A column name is not case-sensitive, and times have no zone of their own: TIMESTAMPTZ is UTC.",
  ]

  func create(_ table: WarehouseTable) -> String {
    let columns = table.columns.map { "\(quoted($0.name)) \(type($0.kind))" + ($0.isKey || table.isDimension ? " NOT NULL" : "") }
    let lines = columns + ["PRIMARY KEY (\(table.key.map(quoted).joined(separator: ", ")))"]
    let owner = quoted("participant_id")
    let sorting = [owner] + (table.time.map { [quoted($0.name)] } ?? [])
    let distribution = table.isDimension ? "DISTSTYLE ALL" : "DISTKEY(\(owner))"
    return "CREATE TABLE \(quoted(table.name)) (\n  \(lines.joined(separator: ",\n  "))\n)\n\(distribution)\nSORTKEY(\(sorting.joined(separator: ", ")))"
  }

  func comments(_ table: WarehouseTable) -> [String] {
    table.columns.compactMap { column in
      column.meaning.map { "COMMENT ON COLUMN \(quoted(table.name)).\(quoted(column.name)) IS '\($0.replacing("'", with: "''"))'" }
    }
  }

  func view(_ table: WarehouseTable) -> String? {
    guard let time = table.time, let offset = table.offset else { return nil }
    return """
      CREATE VIEW \(quoted(table.name + "_local")) AS
      SELECT \(table.columns.map { quoted($0.name) }.joined(separator: ", ")),
        TO_CHAR(DATEADD(second, \(quoted(offset.name)), \(quoted(time.name)) AT TIME ZONE 'UTC'), 'YYYY-MM-DD HH24:MI:SS') AS datetime
      FROM \(quoted(table.name))
      """
  }

  private func type(_ kind: WarehouseTable.Kind) -> String {
    switch kind {
    case .integer(let isSmall): isSmall ? "INTEGER" : "BIGINT"
    case .real: "DOUBLE PRECISION"
    case .text(let limitBytes): "VARCHAR(\(limitBytes ?? Self.textLimitBytes))"
    case .date: "DATE"
    case .instant: "TIMESTAMPTZ"
    }
  }

  private func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
}
