/// GoogleSQL of BigQuery (cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language).
struct BigQuerySQL: WarehouseSQL {
  let reservedPrefixes = ["_table_", "_file_", "_partition"]
  let remarks = [
    "BigQuery: names are without a dataset; give it to the client: bq query --use_legacy_sql=false --dataset_id=DATASET < FILE",
    "It enforces no key: a row that is loaded twice is there twice. Load with MERGE, or replace whole partitions.",
    "Tables are divided by the month of their instant (UTC) or date.",
  ]

  func create(_ table: WarehouseTable) -> String {
    let columns = table.columns.map { column in
      "\(quoted(column.name)) \(type(column.kind))" + (column.isKey || table.isDimension ? " NOT NULL" : "")
        + (column.meaning.map { " OPTIONS(description=\(literal($0)))" } ?? "")
    }
    let lines = columns + ["PRIMARY KEY (\(table.key.map(quoted).joined(separator: ", "))) NOT ENFORCED"]
    var sql = "CREATE TABLE \(quoted(table.name)) (\n  \(lines.joined(separator: ",\n  "))\n)"
    if let time = table.time { sql += "\nPARTITION BY " + month(time) }
    return sql + "\nCLUSTER BY " + quoted("participant_id")
  }

  func comments(_ table: WarehouseTable) -> [String] { [] }

  func view(_ table: WarehouseTable) -> String? {
    guard let time = table.time, let offset = table.offset else { return nil }
    return """
      CREATE VIEW \(quoted(table.name + "_local")) AS
      SELECT \(table.columns.map { quoted($0.name) }.joined(separator: ", ")),
        FORMAT_DATETIME('%F %T', DATETIME_ADD(DATETIME(\(quoted(time.name))), INTERVAL \(quoted(offset.name)) SECOND)) AS datetime
      FROM \(quoted(table.name))
      """
  }

  private func type(_ kind: WarehouseTable.Kind) -> String {
    switch kind {
    case .integer: "INT64"
    case .real: "FLOAT64"
    case .text: "STRING"
    case .date: "DATE"
    case .instant: "TIMESTAMP"
    }
  }

  private func month(_ time: WarehouseTable.Column) -> String {
    if case .date = time.kind { return "DATE_TRUNC(\(quoted(time.name)), MONTH)" }
    return "TIMESTAMP_TRUNC(\(quoted(time.name)), MONTH)"
  }

  private func quoted(_ name: String) -> String { "`" + escaped(name, "`") + "`" }
  private func literal(_ text: String) -> String { "'" + escaped(text, "'") + "'" }

  /// Strings and quoted names have the same escapes.
  private func escaped(_ text: String, _ quote: String) -> String { text.replacing("\\", with: "\\\\").replacing(quote, with: "\\" + quote) }
}
