import FlowCore

/// All effects of the end of a session, decided before any of them is carried out.
struct CommitPlan: Sendable {
  var settlement = Settlement()
  var lineages = LineageChanges()
  var counters: CounterChanges
  var bulletins: [Bulletin] = []
  /// Must be durable before any other part of the plan takes effect.
  var errorEntries: [ErrorEntry] = []
  /// Only collected while a listener wants them.
  var events: [FlowFileEvent] = []
  /// A source failed: the run continues without it and counts as failed.
  var trouble: StopRun?
}

/// The parts of the run that a commit needs.
final class CommitContext: Sendable {
  let topology: FlowTopology
  let environment: RuntimeEnvironment
  let flow: String

  init(topology: FlowTopology, environment: RuntimeEnvironment, flow: String) {
    self.topology = topology
    self.environment = environment
    self.flow = flow
  }
}
