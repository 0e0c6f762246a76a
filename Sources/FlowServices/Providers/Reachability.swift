import FlowCore

/// Tells a provider that answers nobody from one participant's bad luck. Plain state.
///
/// Counts only requests that never left this machine. What was sent and lost is the token way's or the engine's matter.
package struct Reachability: Sendable {
  /// So many participants without any answer to anybody, and the provider as a whole is out of reach.
  static let enough = 5
  private var hasAnswered = false
  private var failed: Set<String> = []

  package init() {}

  /// How long to wait before each repeat of a request that did not leave. Once one participant has tried in vain and nobody was ever
  /// answered, the others try only once: a dead host must end the run within seconds.
  package var waits: [Duration] {
    hasAnswered || failed.isEmpty ? [.milliseconds(300), .seconds(1)] : []
  }

  package mutating func answered() {
    hasAnswered = true
    failed = []
  }

  /// Notes that a participant's request did not leave, repeats included. `held` are the participants of this run that are under way.
  /// True when nobody was ever answered and enough have tried, or all there are.
  package mutating func failed(_ participant: String, held: Set<String>) -> Bool {
    guard !hasAnswered else { return false }
    failed.insert(participant)
    return failed.count >= min(Self.enough, failed.union(held).count)
  }
}
