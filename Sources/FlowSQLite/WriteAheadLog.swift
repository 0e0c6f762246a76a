import FlowCore
import GRDB
import GRDBSQLite
import StudyModel

/// Keeps the write-ahead log short. SQLite can begin it anew only at a moment when no reader needs it; readers that overlap without a
/// pause would let it grow to the size of all that is written.
final class WriteAheadLog: Sendable {
  /// Copied into the database file whenever so many pages have come in.
  private static let pagesPerCheckpoint: Int32 = 4000

  private struct State {
    /// From this length on, our own readers are held back for a moment so that the log can begin anew.
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

  /// Has the writer tell the log's length at each commit, in the place of SQLite's own automatic checkpoint. `self` must outlive the
  /// connection's last commit.
  func watch(_ writer: Database) {
    sqlite3_wal_hook(
      writer.sqliteConnection,
      { log, _, _, pages in
        if let log { Unmanaged<WriteAheadLog>.fromOpaque(log).takeUnretainedValue().state.withLock { $0.committed(pages) } }
        return SQLITE_OK
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Checkpoints if it is time. Blocks. Call on the writer's lane, outside transactions.
  ///
  /// A failure is not the failure of what was committed: that is durable in the log, the next commit tries again, and `close` reports.
  func checkpointIfDue(_ pool: DatabasePool, faultPoint: StoreFaultPoint) {
    guard let mode = state.withLock({ $0.dueCheckpoint() }) else { return }
    do {
      try faultPoint(.checkpoint)
      guard mode == .truncate else {
        _ = try pool.writeWithoutTransaction { try $0.checkpoint(mode) }
        return
      }
      try pool.barrierWriteWithoutTransaction { database in
        // Our readers wait outside; only other programs' can be in the way, and those are not worth a long wait.
        _ = try wait.atMost(milliseconds: 100) { try database.checkpoint(mode) }
      }
    } catch {
      state.withLock { $0.triedPages = $0.pages }
    }
  }
}
