import FlowCore
import GRDB
import StudyModel

/// What makes a database, as SQL.
package enum SQLiteDefinition {
  /// The statements that make flowrun's own tables and those of a flow, in order. Read from a database in memory, so that they are what a run
  /// makes. Throws `Diagnostics` for tables that cannot be made.
  package static func statements(for tables: [TableSchema]) throws -> [SchemaStatement] {
    try DatabaseQueue().writeWithoutTransaction { database in
      let session = SQLSession(database: database, faultPoint: { _ in })
      return try session.transaction {
        let schema = SQLiteSchema(session: session, path: "ddl")
        try schema.prepare()
        let problems = try tables.flatMap { try schema.prepare($0) }
        guard problems.isEmpty else { throw Diagnostics(problems) }
        let made = try session.rows("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
        return made.enumerated().map { place, row in
          let name: String = row["name"], table = tables.first { $0.name == name }
          return SchemaStatement(row["sql"], remarks: place == 0 ? remarks : table.map(meanings) ?? [])
        }
      }
    }
  }

  private static let remarks = [
    "SQLite: flowrun's own tables, then those of the flow. It has no types for times and no comments on columns:",
    "an instant is an INTEGER, seconds since 1970-01-01T00:00:00Z; a date is TEXT, YYYY-MM-DD; units are named before each table.",
  ]

  private static func meanings(of table: TableSchema) -> [String] {
    table.columns.compactMap { column in table.meaning(of: column).map { "\(column.name): \($0)" } }
  }
}
