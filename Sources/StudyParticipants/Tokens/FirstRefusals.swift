import FlowCore
import StudyModel

/// Decides what the first refusals of a run mean. A wrong token endpoint or a wrong application refuses everybody's refresh token: then the
/// run stops before anybody is marked. As soon as one participant was served, a refusal is that participant's own.
///
/// Plain state. `RefusalBench` holds the refused ones back until it is decided.
struct FirstRefusals: Sendable, Equatable {
  enum Verdict: Sendable, Equatable {
    /// The refusals are the participants' own: they need consent.
    case own
    /// Nobody is served: the run stops, and nobody is marked.
    case everybody
    /// Others may yet be served.
    case open
  }

  /// So many refusals without anybody served stop a run. A smaller batch is marked: it is little, and `tokens retry` undoes it.
  static let limit = 4

  private(set) var refused: [String] = []
  /// Participants whose question is answered otherwise: in doubt, not reached, without a token.
  private var settled: Set<String> = []
  /// Those who go on with an access token of an earlier run, and may be served with it.
  private var trying: Set<String> = []
  private var someoneIsServed = false
  /// The run has stopped: nobody is served.
  private(set) var isEverybody = false

  init() {}

  mutating func refuse(_ participant: String) {
    trying.remove(participant)
    if !refused.contains(participant) { refused.append(participant) }
  }
  mutating func settle(_ participant: String) { settled.insert(participant) }
  mutating func trial(_ participant: String) {
    if !someoneIsServed { trying.insert(participant) }
  }
  /// A token answer came, or data.
  mutating func serve() { someoneIsServed = true }

  /// - Parameters:
  ///   - held: the participants that this run has taken and not let go of.
  ///   - moreCome: there are participants that the run has yet to take.
  ///   - isOverdue: no more patience for those who have not been heard of.
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
