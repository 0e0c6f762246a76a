import FlowCore
import GRDB
import GRDBSQLite
import StudyModel

/// Opens a database's connections: one writer, several readers, with a write-ahead log.
enum SQLiteConnections {
  static let readerCount = 4
  /// Maximum page cache of each connection.
  private static let cacheKiB = 8 << 10
  private static let pageSizeBytes = 4096

  /// Blocks. Throws `DatabaseError`, including SQLITE_BUSY at once if two connections switch a new file to WAL: the
  /// caller must retry.
  /// - Parameter check: throws for a database that must not be changed; called before anything is.
  static func open(
    path: String, wait: BusyWait, log: WriteAheadLog, check: @escaping @Sendable (Database) throws -> Void
  ) throws -> DatabasePool {
    var configuration = Configuration()
    configuration.label = "flowrun.database"
    configuration.maximumReaderCount = readerCount
    configuration.busyMode = .callback { tries in wait.keepWaiting(tries) }
    // The REFERENCES clauses of participant_id only document the schema. Enforcing them costs a lookup per row, a seventh of
    // a run's time, although the writer has read each id in the same transaction.
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { database in
      try check(database)
      // The page size can be set only while the file is empty.
      try database.execute(sql: "PRAGMA page_size = \(pageSizeBytes)")
      try database.execute(sql: "PRAGMA cache_size = -\(cacheKiB)")
    }
    let pool = try DatabasePool(path: path, configuration: configuration)
    try pool.writeWithoutTransaction { database in
      // With NORMAL the write-ahead log is synchronised only at checkpoints: a power cut may take the latest commits, and with them
      // the ledger rows, so that the next run asks for the same slices. `LogBarrier` precedes whatever depends on a commit.
      try database.execute(sql: "PRAGMA synchronous = NORMAL")
      // On macOS only: without it an fsync may leave data in the drive's cache.
      try database.execute(sql: "PRAGMA checkpoint_fullfsync = ON")
      log.watch(database)
    }
    return pool
  }
}

/// Limits that tests may reduce.
package struct SQLiteLimits: Sendable {
  /// Maximum wait for a lock held by another process, in seconds.
  package var busySeconds = 30
  /// Length in pages at which the write-ahead log is forced to restart: 64 MB.
  package var logPages: Int32 = 16_000
  /// Approximate maximum number of rows erased in one transaction, so that a concurrent run does not wait long for the
  /// writer.
  package var erasedRows = 50_000

  package init() {}
}

/// Busy handler: limits the wait for locks held by other processes.
final class BusyWait: Sendable {
  /// One attempt per millisecond. SQLite's own handler sleeps up to 100 ms and starves beside a writer that commits
  /// without pause.
  private static let triesPerSecond = 1000

  private let limit: Locked<Int>
  private let ceiling = Locked(Int.max)

  init(_ limits: SQLiteLimits) { limit = Locked(limits.busySeconds * BusyWait.triesPerSecond) }

  /// Limits all further waits to one second, regardless of other settings.
  func cutShort() { ceiling.withLock { $0 = BusyWait.triesPerSecond } }

  var isCutShort: Bool { ceiling.withLock { $0 } < .max }

  /// Runs `body` with a shorter limit, which applies to all connections sharing this object.
  func atMost<Result>(milliseconds: Int, _ body: () throws -> Result) rethrows -> Result {
    let usual = limit.withLock { limit in
      defer { limit = milliseconds * BusyWait.triesPerSecond / 1000 }
      return limit
    }
    defer { limit.withLock { $0 = usual } }
    return try body()
  }

  /// SQLite's busy handler: waits briefly and returns whether to retry. Runs on a lane, never on a worker thread.
  func keepWaiting(_ tries: Int) -> Bool {
    guard tries < min(limit.withLock({ $0 }), ceiling.withLock({ $0 })) else { return false }
    sqlite3_sleep(1)
    return true
  }
}
