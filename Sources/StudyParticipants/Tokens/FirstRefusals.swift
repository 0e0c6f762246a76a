import FlowCore
import StudyModel

/// Interprets the first refused refresh tokens of a run. A wrong token endpoint or application refuses every refresh
/// token: the run then stops before any participant is marked. Once one participant has been served, a refusal concerns
/// only its own participant.
///
/// Plain state. `RefusalBench` holds the refused participants until the decision.
struct FirstRefusals: Sendable, Equatable {
  enum Verdict: Sendable, Equatable {
    /// The refusals concern the participants themselves: they need consent.
    case own
    /// No participant is served: the run stops, and none is marked.
    case everybody
    /// Undecided: others may still be served.
    case open
  }

  /// Number of refusals, with none served, that stops a run. A smaller batch is marked: little is lost, and `tokens
  /// retry` undoes it.
  static let limit = 4

  private(set) var refused: [String] = []
  /// Participants with another result: in doubt, unreachable, without a token.
  private var settled: Set<String> = []
  /// Participants who may still be served: with an access token of an earlier run, or by a token request under way.
  private var trying: Set<String> = []
  private var someoneIsServed = false
  /// The run has stopped because no participant is served.
  private(set) var isEverybody = false

  init() {}

  mutating func refuse(_ participant: String) {
    trying.remove(participant)
    if !refused.contains(participant) { refused.append(participant) }
  }
  mutating func settle(_ participant: String) {
    trying.remove(participant)
    settled.insert(participant)
  }
  mutating func trial(_ participant: String) {
    if !someoneIsServed { trying.insert(participant) }
  }
  /// A token response or data arrived.
  mutating func serve() { someoneIsServed = true }

  /// - Parameters:
  ///   - held: the participants that this run currently holds.
  ///   - moreCome: whether the run has participants yet to lease.
  ///   - isOverdue: whether to stop waiting for participants without a result.
  mutating func verdict(held: Set<String>, moreCome: Bool = false, isOverdue: Bool = false) -> Verdict {
    if someoneIsServed { return .own }
    if isEverybody { return .everybody }
    let enough = refused.count >= Self.limit
    let open = enough ? trying.intersection(held) : held.subtracting(refused).subtracting(settled)
    guard (open.isEmpty && (enough || !moreCome)) || isOverdue else { return .open }
    isEverybody = enough
    return enough ? .everybody : .own
  }
}
