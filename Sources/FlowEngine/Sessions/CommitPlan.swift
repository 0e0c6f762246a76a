import FlowCore

/// Everything that the end of a session does, decided before any of it is done.
struct CommitPlan: Sendable {
  var settlement = Settlement()
  var lineages = LineageChanges()
  var counters: CounterChanges
  var bulletins: [Bulletin] = []
  /// To be durable before anything else of the plan takes effect.
  var errorEntries: [ErrorEntry] = []
  /// Only gathered while somebody wants them.
  var events: [FlowFileEvent] = []
  /// A source failed: the run goes on without it and has failed.
  var trouble: StopRun?
}

/// What a commit needs to know of the run.
struct CommitContext: Sendable {
  let topology: FlowTopology
  let environment: RuntimeEnvironment
  let flow: String
  /// Somebody wants the steps of FlowFiles.
  var isObserved = false
}
