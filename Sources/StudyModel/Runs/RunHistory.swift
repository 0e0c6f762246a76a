import FlowCore

/// The history of runs in a state folder, which several processes may share.
///
/// It is separate from the record store because it belongs to a machine and its state folder: a flow without a store
/// also has a history, and machines that share a store must not mix their runs.
///
/// Nothing is created before the first call. Any method may be called from any task; none blocks a worker thread. If
/// the state folder cannot be written, calls throw `StopRun` (`failed`).
package protocol RunHistory: Sendable {
  /// Records the start of a run. `started` is wall-clock time.
  func begin(run: String, flow: String, file: String, sha256: String, started: Instant) async throws
  /// Whether this process has begun the run and not yet recorded its end.
  func hasBegun(_ run: String) -> Bool
  /// Records how a run ended, with its counters and bulletins.
  func finish(report: RunReport, bulletins: [Bulletin]) async throws
  /// Removes finished runs that began longer ago than `age`; returns how many.
  func prune(olderThan age: Duration) async throws -> Int

  /// The latest runs, newest first.
  func runs(limit: Int) async throws -> [RunSummary]
  /// The report of the run whose id begins with `run`, or of the last run with a report. nil if there is none or the
  /// run never ended. Throws a `Diagnostic` if several ids match.
  func report(run: String?) async throws -> RunReport?
  /// The bulletins of a run, in order; the run is chosen as in `report`.
  func bulletins(run: String?) async throws -> [Bulletin]

  /// Shortens all further waits for locks of other processes to a moment.
  func cutWaitsShort()
}

/// One line of the run history.
package struct RunSummary: Sendable, Equatable, Codable {
  package enum Status: String, Sendable, Codable, CaseIterable {
    case running
    /// The process died without recording a result.
    case interrupted
    case complete, partial, failed
  }
  package var run: String
  package var flow: String
  /// Path of the flow file as given.
  package var file: String
  package var flowSHA256: String
  /// RFC 3339.
  package var started: String
  package var finished: String?
  package var status: Status
  package var exit: Int32?

  enum CodingKeys: String, CodingKey {
    case run, flow, file, started, finished, status, exit
    case flowSHA256 = "flow_sha256"
  }

  package init(
    run: String, flow: String, file: String, flowSHA256: String, started: String, finished: String?, status: Status, exit: Int32?
  ) {
    self.run = run
    self.flow = flow
    self.file = file
    self.flowSHA256 = flowSHA256
    self.started = started
    self.finished = finished
    self.status = status
    self.exit = exit
  }
}
