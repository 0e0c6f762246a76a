import FlowCore
import GRDB
import GRDBSQLite
import StudyModel

/// Keeps the write-ahead log short. SQLite can restart it only when no reader uses it; continuously overlapping readers
/// would let it grow without bound.
final class WriteAheadLog: Sendable {
  /// Pages after which the log is copied into the database file.
  private static let pagesPerCheckpoint: Int32 = 4000

  private struct State {
    /// Above this length, our own readers are held back briefly so that the log can restart.
    let pageLimit: Int32
    var pages: Int32 = 0
    var checkpointedPages: Int32 = 0
    var triedPages: Int32 = 0

    mutating func committed(_ pages: Int32) {
      if pages < self.pages {
        checkpointedPages = 0
        triedPages = 0
      }
      self.pages = pages
    }
    mutating func dueCheckpoint() -> Database.CheckpointMode? {
      if pages - triedPages >= pageLimit {
        triedPages = pages
        checkpointedPages = pages
        return .truncate
      }
      guard pages - checkpointedPages >= WriteAheadLog.pagesPerCheckpoint else { return nil }
      checkpointedPages = pages
      return .passive
    }
  }
  private let state: Locked<State>
  private let wait: BusyWait

  init(wait: BusyWait, limits: SQLiteLimits) {
    self.wait = wait
    state = Locked(State(pageLimit: limits.logPages))
  }

  /// Reports the log's length at each commit, replacing SQLite's automatic checkpoints. `self` must outlive the
  /// connection's last commit.
  func watch(_ writer: Database) {
    sqlite3_wal_hook(
      writer.sqliteConnection,
      { log, _, _, pages in
        if let log { Unmanaged<WriteAheadLog>.fromOpaque(log).takeUnretainedValue().state.withLock { $0.committed(pages) } }
        return SQLITE_OK
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Runs a checkpoint if one is due. Blocks; call it on the writer's lane, outside transactions.
  ///
  /// A failure does not affect committed data: it is in the log, the next commit tries again, and `close` reports
  /// errors.
  func checkpointIfDue(_ connections: SQLiteConnections, faultPoint: StoreFaultPoint) {
    guard let mode = state.withLock({ $0.dueCheckpoint() }) else { return }
    do {
      try faultPoint(.checkpoint)
      guard mode == .truncate else {
        _ = try connections.write { try $0.checkpoint(mode) }
        return
      }
      try connections.writeWithoutReaders { database in
        // Only other processes can interfere, which is not worth a long wait.
        _ = try wait.atMost(milliseconds: 100) { try database.checkpoint(mode) }
      }
    } catch {
      state.withLock { $0.triedPages = $0.pages }
    }
  }
}
