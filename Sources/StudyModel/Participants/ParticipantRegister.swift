import FlowCore

/// What became of each participant of a run. One state each; the final table's line "participants" is its sum.
package final class ParticipantRegister: Sendable {
  private struct State {
    var outcomes: [String: ParticipantOutcome] = [:]
    var passed: [String: Set<String>] = [:]
    var awaited: Set<String> = []
  }
  private let state = Locked(State())
  private let onRecord: @Sendable (_ participant: String, _ outcome: ParticipantOutcome) -> Void

  /// - Parameter onRecord: is told what became of a participant, each time that it is stated. Called outside the lock, on any thread.
  package init(onRecord: @escaping @Sendable (_ participant: String, _ outcome: ParticipantOutcome) -> Void = { _, _ in }) {
    self.onRecord = onRecord
  }

  /// The run is going to see to a participant; deferred until `record` says more.
  package func expect(_ participant: String) {
    state.withLock { state in
      state.outcomes[participant] = .deferred
      state.awaited.insert(participant)
    }
  }

  /// States what became of a participant; a later statement replaces an earlier one.
  package func record(_ participant: String, _ outcome: ParticipantOutcome) {
    state.withLock { state in
      state.outcomes[participant] = outcome
      state.awaited.remove(participant)
    }
    onRecord(participant, outcome)
  }

  /// Participants of which it is known what became of them, and all.
  package var progress: (done: Int, total: Int) {
    state.withLock { ($0.outcomes.count - $0.awaited.count, $0.outcomes.count) }
  }
  /// Whether participants are expected beyond these of which it is not known yet what becomes of them.
  package func hasMore(than held: Set<String>) -> Bool { state.withLock { !$0.awaited.isSubset(of: held) } }
  package var outcomes: [String: ParticipantOutcome] { state.withLock { $0.outcomes } }
  package subscript(participant: String) -> ParticipantOutcome? { state.withLock { $0.outcomes[participant] } }

  /// Notes that the participant got through a processor of the type: what stopped it there in an earlier run has gone.
  package func recordSuccess(_ participant: String, processorType: String) {
    state.withLock { _ = $0.passed[participant, default: []].insert(processorType) }
  }
  package func hasSucceeded(_ participant: String, processorType: String) -> Bool {
    state.withLock { $0.passed[participant]?.contains(processorType) ?? false }
  }
}

package enum ParticipantOutcome: String, Sendable, CaseIterable {
  case complete, deferred, needsConsent = "needs_consent", failed, skipped
}
