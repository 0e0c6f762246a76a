import FlowCore
import StudyModel

/// What happens when the last FlowFile of a participant has ended: the ledger tells how far it is collected, `previous_sync` moves
/// there, the lock goes, and the run's register learns what became of the participant.
package struct ParticipantCompletion: Sendable {
  let participant: String
  let leases: any ParticipantLeases
  let store: any RecordStore
  /// nil: not a backfill. One leaves `previous_sync` as it is, and what lies outside its window is no work that it left.
  let backfill: BackfillWindow?
  let register: ParticipantRegister

  package init(
    participant: String, leases: any ParticipantLeases, store: any RecordStore, backfill: BackfillWindow?,
    register: ParticipantRegister
  ) {
    self.participant = participant
    self.leases = leases
    self.store = store
    self.backfill = backfill
    self.register = register
  }

  /// Throws what the ledger or the participant file refused; the lock is let go either way.
  package func finish(_ outcome: LineageOutcome) async throws {
    do {
      let snapshot = try await leases.snapshot(of: participant)
      let progress = try await store.progress(of: participant, from: Self.start(snapshot))
      register.record(participant, Self.outcome(outcome, unanswered: progress.unanswered.filter { backfill?.contains($0) ?? true }))
      let reached = backfill == nil ? Self.previousSync(snapshot, progress) : nil
      try await leases.release(participant, previousSync: reached)
    } catch {
      register.record(participant, .deferred)
      try await leases.release(participant, previousSync: nil)
      throw error
    }
  }

  /// What a person needs to know comes before what the next run sees to by itself.
  static func outcome(_ outcome: LineageOutcome, unanswered: [LedgerSlice]) -> ParticipantOutcome {
    let causes = outcome.failures.map(\.cause) + unanswered.filter { $0.state == .failed }.map { $0.cause ?? .internal }
    if causes.contains(where: { $0 == .needsConsent || $0 == .scope }) { return .needsConsent }
    if causes.contains(where: { !$0.isRetryable }) { return .failed }
    let isWaiting = outcome.deferred > 0 || outcome.abandoned > 0 || unanswered.contains { $0.state == .deferred }
    return causes.isEmpty && !isWaiting ? .complete : .deferred
  }

  private static func start(_ snapshot: ParticipantSnapshot) -> Int64 { snapshot.enrolled.roundedDown(toSeconds: 60).seconds }

  /// The earliest instant, at most the latest sync, that some data type of the ledger does not have `written` or `provisional`.
  /// nil: nothing is known that could move it.
  static func previousSync(_ snapshot: ParticipantSnapshot, _ progress: LedgerProgress) -> Instant? {
    guard let latest = snapshot.latestSync, let reached = progress.reached.values.min() else { return nil }
    return Instant(seconds: min(reached, max(start(snapshot), latest.roundedDown(toSeconds: 60).seconds)))
  }
}
