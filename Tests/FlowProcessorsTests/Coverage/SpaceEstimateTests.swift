import FlowCore
import StudyProcessors
import Testing

@Suite("The estimated size of a run's data")
struct SpaceEstimateTests {
  private static let now = Instant(seconds: 1_767_571_200)

  @Test(
    "days count since previous_sync, from one to seven, in a backfill at most those of the window",
    arguments: [(0, nil, 1), (3600, nil, 1), (86_401, nil, 2), (400 * 86_400, nil, 7), (-86_400, nil, 1), (400 * 86_400, 2, 2)]
      as [(Int64, Int64?, Int64)])
  func days(seconds: Int64, window: Int64?, expected: Int64) {
    let from = CivilDate(year: 2025, month: 12, day: 1)
    let backfill = window.flatMap { BackfillWindow(from: from, until: from.advanced(byDays: $0)) }
    #expect(SpaceEstimate.days(since: Self.now - .seconds(seconds), now: Self.now, backfill: backfill) == expected)
  }

  @Test("a flow without slices needs no space")
  func nothing() { #expect(SpaceEstimate.databaseBytes([], days: 7, detail: nil) == 0) }
}
