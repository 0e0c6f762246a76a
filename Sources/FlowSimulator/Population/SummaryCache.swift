import FlowCore

/// Keeps the daily summaries that were computed: one day of one participant is asked for in up to ten requests.
final class SummaryCache: Sendable {
  private struct Key: Hashable {
    let participant: Int
    let dayNumber: Int
    let zone: String
    /// What arrives with a sync changes the summary; nothing else does.
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
