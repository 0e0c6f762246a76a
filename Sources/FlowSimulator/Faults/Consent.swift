/// Who shares what: every participant shares everything, except those selected by the faults `invalid-grant` and
/// `scope`. A later consent on the consent page takes precedence.
///
/// Participants are selected by rank instead of independently, so that 2 % of 25 participants is always one.
struct Consent: Sendable {
  private var withdrawn: Set<Int> = []
  private var missing: [Scope: Set<Int>] = [:]
  /// What a participant consented to on the page; nil: nothing yet.
  private var renewed: @Sendable (Int) -> Set<Scope>? = { _ in nil }

  static let full = Consent()

  private init() {}

  init(_ faults: [Fault], population: Population, renewed: @escaping @Sendable (Int) -> Set<Scope>? = { _ in nil }) {
    self.renewed = renewed
    for (index, fault) in faults.enumerated() {
      let dice = SeededDice(seed: population.seed).fork(Purpose.faults).fork(1000 + index)
      switch fault.kind {
      case .invalidGrant:
        withdrawn.formUnion(Self.choose(fault.share, of: population, dice))
      case .scope(let scope):
        missing[scope, default: []].formUnion(Self.choose(fault.share, of: population, dice))
      default: break
      }
    }
  }

  func isWithdrawn(by participant: SimulatedParticipant) -> Bool {
    withdrawn.contains(participant.number) && renewed(participant.number) == nil
  }

  func allows(_ scope: Scope, for participant: SimulatedParticipant) -> Bool {
    renewed(participant.number)?.contains(scope) ?? !(missing[scope]?.contains(participant.number) ?? false)
  }

  func covers(_ scope: GoogleHealthScope, for participant: SimulatedParticipant) -> Bool {
    scope.parts.allSatisfy { allows($0, for: participant) }
  }

  /// The scopes of a token response, in the provider's order.
  func scopes(of participant: SimulatedParticipant) -> [Scope] {
    Scope.allCases.filter { allows($0, for: participant) }
  }

  private static func choose(_ share: Double, of population: Population, _ dice: SeededDice) -> [Int] {
    guard share > 0 else { return [] }
    let count = max(1, Int((share * Double(population.participants.count)).rounded()))
    let byRank = population.participants.map(\.number).sorted { (dice.roll($0), $0) < (dice.roll($1), $1) }
    return Array(byRank.prefix(count))
  }
}
