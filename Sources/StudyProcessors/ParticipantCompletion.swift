import FlowCore
import StudyModel

/// Runs when the last FlowFile of a participant has ended: advances `previous_sync` as far as the ledger allows,
/// releases the lock, and records the participant's outcome.
package struct ParticipantCompletion: Sendable {
  let participant: String
  let leases: any ParticipantHolding
  let store: any RecordStore
  /// nil if this is not a backfill. A backfill leaves `previous_sync` unchanged, and slices outside its window do not
  /// count as unfinished.
  let backfill: BackfillWindow?
  let register: ParticipantRegister

  package init(
    participant: String, leases: any ParticipantHolding, store: any RecordStore, backfill: BackfillWindow?,
    register: ParticipantRegister
  ) {
    self.participant = participant
    self.leases = leases
    self.store = store
    self.backfill = backfill
    self.register = register
  }

  /// Rethrows errors of the ledger and the participant file; the lock is released in any case.
  package func finish(_ outcome: LineageOutcome) async throws {
    do {
      // If another run may have taken the participant over meanwhile, its file is that run's.
      try await leases.confirm(participant)
      let snapshot = try await leases.snapshot(of: participant)
      let progress = try await store.progress(of: participant, from: Self.start(snapshot))
      register.record(participant, Self.outcome(outcome, unanswered: progress.unanswered.filter { backfill?.contains($0) ?? true }))
      let reached = backfill == nil ? Self.previousSync(snapshot, progress) : nil
      // Slices before `previous_sync` are never asked again: their ledger rows must not be lost with the power.
      if let reached, reached != snapshot.previousSync { try await store.synchronize() }
      try await leases.release(participant, previousSync: reached)
    } catch {
      register.record(participant, .deferred)
      try await leases.release(participant, previousSync: nil)
      throw error
    }
  }

  /// Outcomes that need a person take precedence over those that the next run resolves.
  static func outcome(_ outcome: LineageOutcome, unanswered: [LedgerSlice]) -> ParticipantOutcome {
    let causes = outcome.failures.map(\.cause) + unanswered.filter { $0.state == .failed }.map { $0.cause ?? .internal }
    if causes.contains(where: { $0 == .needsConsent || $0 == .scope }) { return .needsConsent }
    if causes.contains(where: { !$0.isRetryable }) { return .failed }
    let isWaiting = outcome.deferred > 0 || outcome.abandoned > 0 || unanswered.contains { $0.state == .deferred }
    return causes.isEmpty && !isWaiting ? .complete : .deferred
  }

  private static func start(_ snapshot: ParticipantSnapshot) -> Int64 { snapshot.enrolled.roundedDown(toSeconds: 60).seconds }

  /// The earliest instant, no later than the latest sync, from which some data type of the ledger is neither `written`
  /// nor `provisional`. nil if nothing is known.
  static func previousSync(_ snapshot: ParticipantSnapshot, _ progress: LedgerProgress) -> Instant? {
    guard let latest = snapshot.latestSync, let reached = progress.reached.values.min() else { return nil }
    return Instant(seconds: min(reached, max(start(snapshot), latest.roundedDown(toSeconds: 60).seconds)))
  }
}
