import FlowCore

/// The outcome of each participant of a run. Each has exactly one; they add up to the line "participants" of the final
/// table.
package final class ParticipantRegister: Sendable {
  private struct State {
    var outcomes: [String: ParticipantOutcome] = [:]
    var passed: [String: Set<String>] = [:]
    var awaited: Set<String> = []
  }
  private let state = Locked(State())
  private let listeners = Locked<[@Sendable (_ participant: String) -> Void]>([])
  private let onRecord: @Sendable (_ participant: String, _ outcome: ParticipantOutcome) -> Void

  /// - Parameter onRecord: called on every recorded outcome, outside the lock, on any thread.
  package init(onRecord: @escaping @Sendable (_ participant: String, _ outcome: ParticipantOutcome) -> Void = { _, _ in }) {
    self.onRecord = onRecord
  }

  /// Registers a participant whom the run is about to process; the outcome is `deferred` until `record` is called.
  package func expect(_ participant: String) {
    state.withLock { state in
      state.outcomes[participant] = .deferred
      state.awaited.insert(participant)
    }
  }

  /// Records the outcome of a participant, replacing an earlier one.
  package func record(_ participant: String, _ outcome: ParticipantOutcome) {
    state.withLock { state in
      state.outcomes[participant] = outcome
      state.awaited.remove(participant)
    }
    onRecord(participant, outcome)
    for listener in listeners.withLock({ $0 }) { listener(participant) }
  }

  /// Calls `body` whenever an outcome has been recorded: nothing more is collected for the participant in this run. Outside the lock, on any
  /// thread.
  package func whenRecorded(_ body: @escaping @Sendable (_ participant: String) -> Void) { listeners.withLock { $0.append(body) } }

  /// Participants of whom this run collects nothing more, those of them who are not left for a later run, and all registered participants.
  package var progress: (ended: Int, done: Int, total: Int) {
    state.withLock { state in
      (state.outcomes.count - state.awaited.count, state.outcomes.values.count { $0 != .deferred }, state.outcomes.count)
    }
  }
  /// Whether a participant other than these is still without an outcome.
  package func hasMore(than held: Set<String>) -> Bool { state.withLock { !$0.awaited.isSubset(of: held) } }
  package var outcomes: [String: ParticipantOutcome] { state.withLock { $0.outcomes } }
  package subscript(participant: String) -> ParticipantOutcome? { state.withLock { $0.outcomes[participant] } }

  /// Records that the participant passed a processor of the type, so that an entry of an earlier run for it there is
  /// obsolete.
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
