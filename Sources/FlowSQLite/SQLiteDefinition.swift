import FlowCore
import GRDB
import StudyModel

/// What makes a database, as SQL.
package enum SQLiteDefinition {
  /// The statements that make flowrun's own tables and those of a flow, in order. Read from a database in memory, so that they are what a run
  /// makes. Throws `Diagnostics` for tables that cannot be made.
  package static func statements(for tables: [TableSchema]) throws -> [String] {
    try DatabaseQueue().writeWithoutTransaction { database in
      let session = SQLSession(database: database, faultPoint: { _ in })
      return try session.transaction {
        let schema = SQLiteSchema(session: session, path: "ddl")
        try schema.prepare()
        let problems = try tables.flatMap { try schema.prepare($0) }
        guard problems.isEmpty else { throw Diagnostics(problems) }
        return try session.rows("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").map { $0[0] }
      }
    }
  }
}
