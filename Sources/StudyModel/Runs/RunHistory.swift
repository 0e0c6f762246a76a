import FlowCore

/// The history of runs, in a state folder. Several processes may share it.
///
/// It is no part of the record store: it belongs to a machine and its state folder, a run of a flow without any store has one too, and a
/// store that several machines share must not mix their runs.
///
/// Nothing is made before the first call. Any method may be called from any task; none blocks a worker. Failures throw `StopRun` (`failed`):
/// a state folder that cannot be written.
package protocol RunHistory: Sendable {
  /// Notes that a run has begun. `started` is wall-clock time.
  func begin(run: String, flow: String, file: String, sha256: String, started: Instant) async throws
  /// This process has begun the run and has not noted its end.
  func hasBegun(_ run: String) -> Bool
  /// Notes how a run ended, with its counters and bulletins.
  func finish(report: RunReport, bulletins: [Bulletin]) async throws
  /// Removes runs that began longer ago than `age` and have ended; how many.
  func prune(olderThan age: Duration) async throws -> Int

  /// The latest runs, the latest first.
  func runs(limit: Int) async throws -> [RunSummary]
  /// What a run did: the one whose id begins with `run`, or the last one that has a report. nil: there is none, or it never ended.
  /// Throws `Diagnostic` where several ids begin so.
  func report(run: String?) async throws -> RunReport?
  /// The bulletins of a run, chosen as `report` does, in their order.
  func bulletins(run: String?) async throws -> [Bulletin]

  /// From now on nothing waits longer than a moment for a lock that another process holds.
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
  /// Path of the flow file as it was given.
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
