import FlowCore
import GRDB

/// Queries over records in a database in memory, one for each call.
package enum SQLiteRecordQueries {
  /// - Parameter prepare: called with each database before it has the records; for tests.
  package static func make(
    lane: @escaping @Sendable (String) -> any Lane, time: any TimeSource, prepare: @escaping @Sendable (Database) throws -> Void = { _ in }
  ) -> RecordQueries {
    RecordQueries { queries, records, limits in
      let stop = QueryStop(limits)
      return try await stop.run(on: lane("record queries"), time) {
        var configuration = Configuration()
        configuration.label = "flowrun.records"
        let queue = try DatabaseQueue(configuration: configuration)
        return try queue.writeWithoutTransaction { database in
          try prepare(database)
          return try stop.watching(database) {
            let columns = try QueriedColumns(records)
            try fill(database, with: records, columns, stop)
            return try queries.map { sql in
              try stop.check()
              return try SQLiteQuery.rows(of: sql, on: database, limits, records: columns)
            }
          }
        }
      }
    }
  }

  private static func fill(_ database: Database, with records: DataTable, _ columns: QueriedColumns, _ stop: QueryStop) throws {
    // A table needs a column; records without any have no rows that a query could tell apart.
    let names = records.columns.isEmpty ? ["flowrun_nothing"] : records.columns
    let declarations = names.enumerated().map { place, name in "\(quoted(name)) \(columns.declaration(of: place))" }
    do {
      try database.execute(sql: "CREATE TABLE \(RecordQueries.table) (\(declarations.joined(separator: ", ")))")
      let places = names.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
      let statement = SQLStatement(
        try database.makeStatement(sql: "INSERT INTO \(RecordQueries.table) VALUES (\(places))"), connection: database.sqliteConnection) { _ in }
      try database.execute(sql: "BEGIN")
      for row in records.rows {
        try stop.check()
        for (place, value) in row.enumerated() { statement.bind(QueriedColumn.stored(value), at: Int32(place + 1)) }
        try statement.run()
      }
      try database.execute(sql: "COMMIT")
      // As in standard SQL, and in NiFi's: SQLite by itself takes 'a' for 'A'.
      try database.execute(sql: "PRAGMA case_sensitive_like = ON")
      try database.execute(sql: "PRAGMA query_only = ON")
    } catch let error as DatabaseError where error.resultCode != .SQLITE_INTERRUPT {
      throw ProcessorError(.badData, "the records make no table for SQL: \(error.message ?? "refused"); expected at most 2,000 fields, whose names differ by more than case")
    }
  }
}
