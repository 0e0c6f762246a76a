import FlowCore
import GRDB
import GRDBSQLite
import StudyModel

/// A database's connections with a write-ahead log: one writer, and several read-only ones, each opened at its first use.
///
/// GRDB's pool would choose a reader for each read and look up the schema's version; here each reader belongs to a lane. Every function blocks.
final class SQLiteConnections: Sendable {
  static let readerCount = 4
  /// Maximum page cache: the writer's is its working set, a reader compares one slice after another.
  private static let writerCacheKiB = 8 << 10
  private static let readerCacheKiB = 2 << 10
  private static let pageSizeBytes = 4096
  /// A reader meets a lock only while another process recovers, or closes as the last one.
  private static let readerBusySeconds: Double = 10

  private struct Readers {
    var opened: [Int: DatabaseQueue] = [:]
    var isClosed = false
  }

  private let path: String
  // In this order: without `close`, too, the readers are closed first.
  private let readers = Locked(Readers())
  private let writer: DatabaseQueue

  /// Throws `DatabaseError`, including SQLITE_BUSY at once if two connections switch a new file to WAL: the caller must retry.
  /// - Parameter check: throws for a database that must not be changed; called before anything is.
  init(path: String, wait: BusyWait, log: WriteAheadLog, check: @escaping @Sendable (Database) throws -> Void) throws {
    var configuration = Self.configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .callback { tries in wait.keepWaiting(tries) }
    configuration.prepareDatabase { database in
      try check(database)
      // The page size can be set only while the file is empty.
      try database.execute(sql: "PRAGMA page_size = \(Self.pageSizeBytes)")
      try database.execute(sql: "PRAGMA cache_size = -\(Self.writerCacheKiB)")
    }
    self.path = path
    writer = try DatabaseQueue(path: path, configuration: configuration)
    try writer.writeWithoutTransaction { database in
      // With NORMAL the write-ahead log is synchronised only at checkpoints: a power cut may take the latest commits, and with them
      // the ledger rows, so that the next run asks for the same slices. `LogBarrier` precedes whatever depends on a commit.
      try database.execute(sql: "PRAGMA synchronous = NORMAL")
      // On macOS only: without it an fsync may leave data in the drive's cache.
      try database.execute(sql: "PRAGMA checkpoint_fullfsync = ON")
      log.watch(database)
    }
  }

  private static func configuration() -> Configuration {
    var configuration = Configuration()
    configuration.label = "flowrun.database"
    // The REFERENCES clauses of participant_id only document the schema. Enforcing them costs a lookup per row, a seventh of
    // a run's time, although the writer has read each id in the same transaction.
    configuration.foreignKeysEnabled = false
    return configuration
  }

  func write<Result>(_ body: (Database) throws -> Result) throws -> Result { try writer.writeWithoutTransaction(body) }

  /// Runs `body` on the writer while no reader is in a transaction: reads wait outside.
  func writeWithoutReaders<Result>(_ body: (Database) throws -> Result) throws -> Result {
    try holding(readers.withLock { Array($0.opened.values) }[...]) { try write(body) }
  }

  private func holding<Result>(_ readers: ArraySlice<DatabaseQueue>, _ body: () throws -> Result) throws -> Result {
    guard let first = readers.first else { return try body() }
    return try first.unsafeRead { _ in try holding(readers.dropFirst(), body) }
  }

  /// - Parameter reader: a number below `readerCount`. Reads with the same number wait for each other.
  func read<Result>(_ reader: Int, _ body: (Database) throws -> Result) throws -> Result {
    let known = readers.withLock { $0.opened[reader] }
    return try (known ?? openReader(reader)).unsafeRead(body)
  }

  private func openReader(_ reader: Int) throws -> DatabaseQueue {
    var configuration = Self.configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(Self.readerBusySeconds)
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -\(Self.readerCacheKiB)") }
    let opened = try DatabaseQueue(path: path, configuration: configuration)
    return try readers.withLock { readers in
      if readers.isClosed { throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "the database is closed") }
      let first = readers.opened[reader] ?? opened
      readers.opened[reader] = first
      return first
    }
  }

  /// Closes the writer last: the last connection to close removes the log, which a reader cannot do.
  func close() throws {
    let opened = readers.withLock { readers in
      readers.isClosed = true
      return readers.opened.values
    }
    for reader in opened { try reader.close() }
    try writer.close()
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
