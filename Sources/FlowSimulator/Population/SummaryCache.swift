import FlowCore

/// Caches daily summaries, because up to ten requests ask for the same day of a participant.
final class SummaryCache: Sendable {
  private struct Key: Hashable {
    let participant: Int
    let dayNumber: Int
    let zone: String
    /// A summary only changes when a sync arrives.
    let latestSync: Int?
  }

  private let summaries = Locked<[Key: DailySummary]>([:])
  private static let limit = 4000

  func summary(of participant: SimulatedParticipant, date: CivilDate, zone: ZoneRules, now: Int) -> DailySummary {
    let key = Key(
      participant: participant.number, dayNumber: date.dayNumber, zone: zone.name, latestSync: participant.latestSync(now: now))
    if let known = summaries.withLock({ $0[key] }) { return known }
    let summary = DailySummary(of: participant, date: date, instants: zone.instants(of: date), now: now)
    summaries.withLock { summaries in
      if summaries.count >= Self.limit { summaries.removeAll(keepingCapacity: true) }
      summaries[key] = summary
    }
    return summary
  }
}
