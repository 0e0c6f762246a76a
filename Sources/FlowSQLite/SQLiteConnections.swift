import FlowCore
import GRDB
import GRDBSQLite
import StudyModel

/// Opens the connections of a database: one writer, a few readers, write-ahead log.
enum SQLiteConnections {
  static let readerCount = 4
  /// Page cache of each connection, a limit.
  private static let cacheKiB = 8 << 10
  private static let pageSizeBytes = 4096

  /// Blocks. Throws `DatabaseError`; SQLITE_BUSY at once where two connections turn the same new file to WAL: try again.
  /// - Parameter check: throws for a database that must be left as it is; called before anything is changed.
  static func open(
    path: String, wait: BusyWait, log: WriteAheadLog, check: @escaping @Sendable (Database) throws -> Void
  ) throws -> DatabasePool {
    var configuration = Configuration()
    configuration.label = "flowrun.database"
    configuration.maximumReaderCount = readerCount
    configuration.busyMode = .callback { tries in wait.keepWaiting(tries) }
    // The tables declare that participant_id refers to participant, for whoever reads them. SQLite would look the participant up for each
    // row, a seventh of a run's time; the writer reads each id once, in the transaction that uses it.
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { database in
      try check(database)
      // Only a file that is still empty takes the page size.
      try database.execute(sql: "PRAGMA page_size = \(pageSizeBytes)")
      try database.execute(sql: "PRAGMA cache_size = -\(cacheKiB)")
    }
    let pool = try DatabasePool(path: path, configuration: configuration)
    try pool.writeWithoutTransaction { database in
      // A token, an error entry or `previous_sync` may be given up as soon as a commit has returned, so a commit must outlive a loss of
      // power: with NORMAL the write-ahead log is synchronised at checkpoints only.
      try database.execute(sql: "PRAGMA synchronous = FULL")
      log.watch(database)
    }
    return pool
  }
}

/// What a test may want smaller.
package struct SQLiteLimits: Sendable {
  /// How long to wait for a lock that another process holds.
  package var busySeconds = 30
  /// Pages from which on the write-ahead log is made to begin anew: 64 MB.
  package var logPages: Int32 = 16_000
  /// Rows that one transaction erases at the most, about: a run beside it must not wait long for the writer.
  package var erasedRows = 50_000

  package init() {}
}

/// How long a connection waits for a lock that another process holds.
final class BusyWait: Sendable {
  /// One try a millisecond: SQLite's own handler sleeps up to 100 ms and starves beside a writer that commits without pause.
  private static let triesPerSecond = 1000

  private let limit: Locked<Int>
  private let ceiling = Locked(Int.max)

  init(_ limits: SQLiteLimits) { limit = Locked(limits.busySeconds * BusyWait.triesPerSecond) }

  /// From now on no wait is longer than a second, whatever else is asked for.
  func cutShort() { ceiling.withLock { $0 = BusyWait.triesPerSecond } }

  var isCutShort: Bool { ceiling.withLock { $0 } < .max }

  /// Runs `body` with less patience. Every connection that shares this wait has less of it meanwhile.
  func atMost<Result>(milliseconds: Int, _ body: () throws -> Result) rethrows -> Result {
    let usual = limit.withLock { limit in
      defer { limit = milliseconds * BusyWait.triesPerSecond / 1000 }
      return limit
    }
    defer { limit.withLock { $0 = usual } }
    return try body()
  }

  /// SQLite's busy handler: waits a little, says whether to try again. Runs on a lane, never on a worker.
  func keepWaiting(_ tries: Int) -> Bool {
    guard tries < min(limit.withLock({ $0 }), ceiling.withLock({ $0 })) else { return false }
    sqlite3_sleep(1)
    return true
  }
}
