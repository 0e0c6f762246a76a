import FlowCore
import StudyProcessors
import Testing

@Suite("How much a run is likely to write")
struct SpaceEstimateTests {
  private static let now = Instant(seconds: 1_767_571_200)

  @Test(
    "days count since previous_sync, at least one and at most a week, in a backfill at most the window's",
    arguments: [(0, nil, 1), (3600, nil, 1), (86_401, nil, 2), (400 * 86_400, nil, 7), (-86_400, nil, 1), (400 * 86_400, 2, 2)]
      as [(Int64, Int64?, Int64)])
  func days(seconds: Int64, window: Int64?, expected: Int64) {
    let from = CivilDate(year: 2025, month: 12, day: 1)
    let backfill = window.flatMap { BackfillWindow(from: from, until: from.advanced(byDays: $0)) }
    #expect(SpaceEstimate.days(since: Self.now - .seconds(seconds), now: Self.now, backfill: backfill) == expected)
  }

  @Test("a flow that writes nothing by slices needs nothing")
  func nothing() { #expect(SpaceEstimate.databaseBytes([], days: 7, detail: nil) == 0) }
}
