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
  /// Who waits for the end of a run.
  private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

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

  /// The run that does some work.
  func run(of work: Work) -> Run? {
    if case .running(let run)? = stages[work] { runs[run] } else { nil }
  }

  /// A run that has ended. Returns those who waited for it.
  mutating func remove(_ run: String, _ work: Work) -> [CheckedContinuation<Void, Never>] {
    runs[run] = nil
    stages[work] = nil
    return waiting.removeValue(forKey: run) ?? []
  }

  /// Returns false if the run has ended.
  mutating func wait(for run: String, _ continuation: CheckedContinuation<Void, Never>) -> Bool {
    guard runs[run] != nil else { return false }
    waiting[run, default: []].append(continuation)
    return true
  }

  /// Starts nothing more. Returns the runs to be stopped.
  mutating func stop() -> [Run] {
    isStopping = true
    return Array(runs.values)
  }
}
