import FlowCore
import Foundation
import GRDB
import StudyModel

/// `journal.sqlite` in the state folder. Every call blocks a lane of its own.
///
/// Unlike the database it does not use WAL mode: it is written only twice per run, and a state folder may be on a
/// network file system.
package final class RunJournal: RunHistory {
  private struct State {
    var queue: DatabaseQueue?
    /// Runs begun and not finished by this process, with the descriptors that hold their locks.
    var locks: [String: Int32] = [:]
  }

  private let folder: String
  private let environment: RuntimeEnvironment
  private let lane: any Lane
  private let wait = BusyWait(SQLiteLimits())
  private let state = Locked(State())

  /// Does no I/O; folder and file are created on the first call.
  package init(folder: String, environment: RuntimeEnvironment) {
    self.folder = folder
    self.environment = environment
    lane = environment.lane("run journal")
  }

  deinit {
    for descriptor in state.withLock({ $0.locks.values.map { $0 } }) { environment.fileSystem.close(descriptor) }
  }

  private var path: String { folder + "/journal.sqlite" }
  private var lockPath: String { folder + "/journal.lock" }

  package func cutWaitsShort() { wait.cutShort() }

  // MARK: Writing

  package func begin(run: String, flow: String, file: String, sha256: String, started: Instant) async throws {
    try await onLane { [self] session in
      let descriptor = try environment.fileSystem.open(lockPath, .readWrite(mode: 0o600))
      do {
        try session.transaction {
          try session.execute(
            "INSERT INTO run (run, flow, file, flow_sha256, started, status) VALUES (?, ?, ?, ?, ?, ?)",
            [run, flow, file, sha256, started.ledgerText, RunSummary.Status.running.rawValue])
          // Lock before the row becomes visible, so that a starting run is never taken for an interrupted one.
          _ = try environment.fileSystem.lock(descriptor, offset: session.database.lastInsertedRowID, length: 1, path: lockPath)
        }
      } catch {
        environment.fileSystem.close(descriptor)
        throw error
      }
      state.withLock { $0.locks[run] = descriptor }
    }
  }

  package func hasBegun(_ run: String) -> Bool { state.withLock { $0.locks[run] != nil } }

  package func finish(report: RunReport, bulletins: [Bulletin]) async throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = String(decoding: try encoder.encode(report), as: UTF8.self)
    try await onLane { [self] session in
      try session.transaction {
        try session.execute(
          """
          INSERT INTO run (run, flow, file, flow_sha256, started, finished, status, exit, report)
          VALUES (?1, ?2, '', ?3, ?4, ?5, ?6, ?7, ?8)
          ON CONFLICT (run) DO UPDATE SET finished = ?5, status = ?6, exit = ?7, report = ?8
          """,
          [
            report.run, report.flow, report.flowSHA256, report.started, report.finished, report.status.rawValue, report.exit, json,
          ])
        try session.execute("DELETE FROM bulletin WHERE run = ?", [report.run])
        for bulletin in bulletins {
          try session.execute(
            "INSERT INTO bulletin (run, level, processor, subject, detail) VALUES (?, ?, ?, ?, ?)",
            [report.run, bulletin.level.rawValue, bulletin.processor, bulletin.subject, bulletin.detail])
        }
      }
      // After the commit: a running row without a lock is taken for an interrupted run.
      if let descriptor = state.withLock({ $0.locks.removeValue(forKey: report.run) }) {
        environment.fileSystem.close(descriptor)
      }
    }
  }

  package func prune(olderThan age: Duration) async throws -> Int {
    let oldest = environment.time.now - age
    return try await onLane { [self] session in
      try markInterrupted(session)
      return try session.transaction {
        let ended = "SELECT run FROM run WHERE started < ? AND status <> 'running'"
        try session.execute("DELETE FROM bulletin WHERE run IN (\(ended))", [oldest.ledgerText])
        try session.execute("DELETE FROM run WHERE run IN (\(ended))", [oldest.ledgerText])
        return session.database.changesCount
      }
    }
  }

  // MARK: Reading

  package func runs(limit: Int) async throws -> [RunSummary] {
    try await onLane { [self] session in
      try markInterrupted(session)
      return try session.rows("SELECT * FROM run ORDER BY started DESC, number DESC LIMIT ?", [limit]).map { try RunSummary($0) }
    }
  }

  package func report(run: String?) async throws -> RunReport? {
    try await onLane { [self] session in
      guard let number = try number(of: run, session),
        let text: String = try session.rows("SELECT report FROM run WHERE number = ?", [number]).first?[0]
      else { return nil }
      return try JSONDecoder().decode(RunReport.self, from: Data(text.utf8))
    }
  }

  package func bulletins(run: String?) async throws -> [Bulletin] {
    try await onLane { [self] session in
      guard let number = try number(of: run, session) else { return [] }
      let sql = "SELECT * FROM bulletin WHERE run = (SELECT run FROM run WHERE number = ?) ORDER BY rowid"
      return try session.rows(sql, [number]).map { row in
        Bulletin(
          Bulletin.Level(rawValue: row["level"]) ?? .error, processor: row["processor"], subject: row["subject"],
          detail: row["detail"])
      }
    }
  }

  private func number(of run: String?, _ session: SQLSession) throws -> Int64? {
    guard let run else {
      return try session.rows("SELECT number FROM run WHERE report IS NOT NULL ORDER BY started DESC, number DESC LIMIT 1").first?[0]
    }
    let found = try session.rows("SELECT number, run FROM run WHERE substr(run, 1, length(?1)) = ?1 ORDER BY run", [run])
    if let exact = found.first(where: { $0["run"] == run }) { return exact["number"] }
    guard found.count <= 1 else {
      let names = found.prefix(3).map { $0["run"] as String }.joined(separator: ", ")
      throw Diagnostic(.ambiguousName, subject: "run '\(run)'", found: "\(found.count) runs match: \(names)", expected: "more characters of the id")
    }
    return found.first?["number"]
  }

  // MARK: Interrupted runs

  /// A run holds its lock while its process lives; the system releases it however the process ends.
  private func markInterrupted(_ session: SQLSession) throws {
    let running = try session.rows("SELECT number FROM run WHERE status = 'running'").map { $0["number"] as Int64 }
    guard !running.isEmpty else { return }
    let fileSystem = environment.fileSystem
    let descriptor = try fileSystem.open(lockPath, .readWrite(mode: 0o600))
    defer { fileSystem.close(descriptor) }
    for number in running where try fileSystem.lock(descriptor, offset: number, length: 1, path: lockPath) {
      try session.execute("UPDATE run SET status = 'interrupted' WHERE number = ? AND status = 'running'", [number])
      try fileSystem.unlock(descriptor, offset: number, length: 1, path: lockPath)
    }
  }

  // MARK: The file

  private func onLane<Result: Sendable>(_ body: @escaping @Sendable (SQLSession) throws -> Result) async throws -> Result {
    try await lane.run { [self] in
      do {
        return try openQueue().writeWithoutTransaction { try body(SQLSession(database: $0, faultPoint: { _ in })) }
      } catch {
        throw stop(error)
      }
    }
  }

  private func openQueue() throws -> DatabaseQueue {
    if let queue = state.withLock({ $0.queue }) { return queue }
    try environment.fileSystem.makeFolder(folder)
    // SQLite would create the file readable by other users.
    if try environment.fileSystem.status(path) == nil {
      environment.fileSystem.close(try environment.fileSystem.open(path, .readWrite(mode: 0o600)))
    }
    var configuration = Configuration()
    configuration.label = "flowrun.journal"
    configuration.busyMode = .callback { [wait] tries in wait.keepWaiting(tries) }
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.writeWithoutTransaction { try JournalSchema(session: SQLSession(database: $0, faultPoint: { _ in }), path: path).prepare() }
    state.withLock { $0.queue = queue }
    return queue
  }

  private func stop(_ error: any Error) -> any Error {
    switch SQLiteFailure(path: path).opening(error) {
    case let stop as StopRun: StopRun(.failed, .disk, stop.message)
    case let other: other
    }
  }
}
