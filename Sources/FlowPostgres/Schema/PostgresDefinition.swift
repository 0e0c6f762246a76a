import FlowCore
import StudyLedger
import StudyModel

/// What makes a database, as SQL, for an administrator to run where flowrun's role may not.
package enum PostgresDefinition {
  /// The statements that make flowrun's own tables and those of a flow, in order. Monthly partitions are made by the runs that need them, which
  /// takes `CREATE` on the schema. Throws `Diagnostics` for tables that cannot be made.
  package static func statements(for tables: [TableSchema], schema: String = "public") throws -> [SchemaStatement] {
    let problems = tables.flatMap {
      $0.declarationProblems(in: "ddl", reservedPrefixes: ["pg_", PostgresSchema.ownPrefix], reservedNames: PostgresSchema.ownTables)
    }
    guard problems.isEmpty else { throw Diagnostics(problems) }
    let own = PostgresSchema.statements(schema: schema) + PostgresSchema.firstSettings
    return own.enumerated().map { SchemaStatement($0.element, remarks: $0.offset == 0 ? remarks : []) } + tables.flatMap(statements).map { SchemaStatement($0) }
  }

  private static let remarks = [
    "PostgreSQL 13 or newer: flowrun's own tables, then those of the flow.",
    "Tables by instant are divided by month; each run makes the partitions that it needs, which takes CREATE on the schema.",
  ]

  private static func statements(for table: TableSchema) -> [String] {
    let definition = PostgresTable(table)
    return [definition.createStatement(isHypertable: false)] + table.columns.map { PostgresSchema.kindStatement(table, $0) } + definition.comments
      + (definition.viewStatement(columns: ["participant_id"] + table.columns.map(\.name)).map { [$0] } ?? [])
  }
}
