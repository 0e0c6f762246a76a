import FlowCore
import GRDB
import StudyModel

/// What commands ask beside a run. All of it reads only.
extension SQLiteDatabase {
  package struct Participant: Sendable, Equatable {
    package var id: Int64
    package var name: String
  }

  /// Every participant that the database knows, by name.
  package func participants() async throws -> [Participant] {
    try await onReader { session in
      try session.rows("SELECT participant_id, name FROM participant ORDER BY name").map { Participant(id: $0[0], name: $0[1]) }
    }
  }

  /// Rows of each table of records, by its name. Walks the tables: seconds for hundreds of millions of rows.
  package func rowCounts() async throws -> [String: Int] {
    try await onReader { session in
      let sql = """
        SELECT m.name FROM sqlite_master AS m WHERE m.type = 'table' AND EXISTS (
          SELECT 1 FROM flowrun_setting AS s WHERE substr(s.name, 1, length(m.name) + 6) = 'kind.' || m.name || '.')
        """
      let tables = try session.rows(sql).map { $0[0] as String }
      return try Dictionary(
        uniqueKeysWithValues: tables.map { table in
          (table, try session.rows("SELECT count(*) FROM \(quoted(table))").first?[0] ?? 0)
        })
    }
  }
}
