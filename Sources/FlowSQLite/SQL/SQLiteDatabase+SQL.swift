import FlowCore
import GRDB
import StudyModel

/// What flows ask in SQL, and put into tables of their own.
extension SQLiteDatabase: SQLDatabase {
  /// On a connection of its own, which cannot write: a long query keeps no reader of a run.
  package func query(_ sql: String, limits: QueryLimits) async throws -> DataTable {
    let stop = QueryStop(limits)
    do {
      return try await stop.run(on: environment.lane("database query"), environment.time) { [self] in
        var configuration = Configuration()
        configuration.label = "flowrun.query"
        configuration.readonly = true
        let wait = BusyWait(self.limits)
        configuration.busyMode = .callback { tries in !stop.isEnded && wait.keepWaiting(tries) }
        let queue = try DatabaseQueue(path: absolutePath, configuration: configuration)
        return try Self.closing(queue) {
          try queue.unsafeRead { database in
            try stop.watching(database) {
              try faultPoint(.statement)
              let session = SQLSession(database: database, faultPoint: { _ in })
              return try session.snapshot { try SQLiteQuery.rows(of: sql, on: database, limits) }
            }
          }
        }
      }
    } catch let error as ProcessorError where [.badRequest, .badData].contains(error.failure.cause) {
      throw ProcessorError(error.failure.cause, "database '\(path)': \(error.failure.message)")
    } catch {
      throw failure.translate(error)
    }
  }

  package func change(_ change: RowChange) async throws -> RowChangeResult {
    try await onWriter { [path] session in
      try session.transaction { try SQLiteChange(change, session, path).make() }
    }
  }
}
