import FlowRuntime

/// Which runs a server has under way: pure decisions.
struct DeskState: Sendable {
  /// Two runs with the same one do the same work.
  struct Work: Hashable, Sendable {
    var flow: String
    var batch: String?
  }
  private enum Stage: Sendable {
    case starting
    case running(String)
  }
  private var stages: [Work: Stage] = [:]
  private(set) var runs: [String: Run] = [:]
  private(set) var isStopping = false
  /// Who waits until no run is under way.
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Keeps a place for a run that is about to start.
  mutating func reserve(_ work: Work) throws(RunRefusal) {
    if isStopping { throw Self.stopping }
    switch stages[work] {
    case .starting?: throw RunRefusal(.underWay, "a run of flow '\(work.flow)' is just being started; wait until it has ended")
    case .running(let run)?: throw Self.underWay(work.flow, run)
    case nil: stages[work] = .starting
    }
  }

  static let stopping = RunRefusal(.stopping, "the server is stopping and starts no run; start it again when the server is back")

  static func underWay(_ flow: String, _ run: String) -> RunRefusal {
    RunRefusal(.underWay, "run \(run) of flow '\(flow)' is under way for the same batch; wait until it has ended, or stop it")
  }

  /// Gives up the place of a run that did not start.
  mutating func release(_ work: Work) { stages[work] = nil }

  /// A run in a reserved place. Returns false if it must be stopped at once.
  mutating func add(_ run: Run, _ work: Work) -> Bool {
    stages[work] = .running(run.id)
    runs[run.id] = run
    return !isStopping
  }

  /// A run that has ended. Returns those who waited for the last one.
  mutating func remove(_ run: String, _ work: Work) -> [CheckedContinuation<Void, Never>] {
    runs[run] = nil
    stages[work] = nil
    guard runs.isEmpty else { return [] }
    defer { waiting = [] }
    return waiting
  }

  /// Returns false if there is nothing to wait for.
  mutating func wait(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
    guard !runs.isEmpty else { return false }
    waiting.append(continuation)
    return true
  }

  /// Starts nothing more. Returns the runs to be stopped.
  mutating func stop() -> [Run] {
    isStopping = true
    return Array(runs.values)
  }
}
