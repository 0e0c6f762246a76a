/// What became of each participant of a run. One state each; the final table's line "participants" is its sum.
package final class ParticipantRegister: Sendable {
  private let states = Locked<[String: ParticipantOutcome]>([:])

  package init() {}

  /// States what became of a participant; a later statement replaces an earlier one.
  package func record(_ participant: String, _ outcome: ParticipantOutcome) {
    states.withLock { $0[participant] = outcome }
  }
  package var outcomes: [String: ParticipantOutcome] { states.withLock { $0 } }
  package subscript(participant: String) -> ParticipantOutcome? { states.withLock { $0[participant] } }
}

package enum ParticipantOutcome: String, Sendable, CaseIterable {
  case complete, deferred, needsConsent = "needs_consent", failed, skipped
}
