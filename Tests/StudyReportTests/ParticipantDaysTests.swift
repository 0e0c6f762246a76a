import FlowCore
import FlowRuntime
import StudyModel
@testable import StudyProcessors
@testable import StudyReport
import Testing

@Suite("Days of a participant")
struct ParticipantDaysTests {
  private static let chicago = CivilZone("America/Chicago") ?? .utc
  /// Midnight in Chicago.
  private static let start = chicago.startOfDay(CivilDate(year: 2026, month: 3, day: 7))

  private static func coverage(_ spans: [(hours: Int64, state: CoverageState)], from start: Int64 = start, unit: CoverageUnit = .minute) -> Coverage {
    var at = start
    return Coverage(
      unit: unit,
      spans: spans.map { span in
        defer { at += span.hours * 3600 }
        return CoverageSpan(start: at, end: at + span.hours * 3600, state: span.state, count: unit == .minute ? span.hours * 60 : 1, cause: nil)
      })
  }

  private static func basis(_ types: Set<Int> = [0], isHeartRate: Bool = true) -> DayBasis { DayBasis(types: types, isHeartRate: isHeartRate) }

  @Test(
    "a day has the state that matters most",
    arguments: [
      ([(24, .have)], [], .have), ([(2, .have), (22, .notWorn)], [], .have), ([(24, .notWorn)], [(24, .have)], .notWorn),
      ([(10, .notWorn), (14, .notSynced)], [], .notSynced), ([(14, .notWorn), (10, .notSynced)], [], .notWorn),
      ([(24, .have)], [(23, .have), (1, .lost)], .lost), ([(20, .have), (3, .lost), (1, .neverAsked)], [], .neverAsked),
      ([(20, .have), (3, .neverAsked), (1, .deferred)], [], .deferred), ([(23, .deferred), (1, .failed)], [], .failed), ([(24, .have)], [(24, .failed)], .failed),
    ] as [([(Int64, CoverageState)], [(Int64, CoverageState)], CoverageState)])
  func state(_ heart: [(Int64, CoverageState)], _ other: [(Int64, CoverageState)], _ expected: CoverageState) {
    let days = ParticipantDays(
      [Self.coverage(heart.map { ($0.0, $0.1) }), Self.coverage(other.map { ($0.0, $0.1) })], zone: Self.chicago, basis: Self.basis())
    #expect(days.cells.count == 1)
    #expect(days.cells.first?.state == expected)
  }

  @Test("days are local ones, also when clocks change, and count their minutes of heart rate")
  func local() {
    // The second day has 23 hours.
    let days = ParticipantDays([Self.coverage([(24, .have), (10, .have), (13, .notWorn), (6, .have)])], zone: Self.chicago, basis: Self.basis())
    #expect(CivilDate(daysSince1970: days.first).text == "2026-03-07")
    #expect(days.cells.map(\.heartMinutes) == [1440, 600, 360])
    #expect(days.cells.map(\.share) == [100, 43, 100])
  }

  @Test("a day without an answer has no minutes, not 0", arguments: [CoverageState.notSynced, .deferred, .failed, .neverAsked])
  func unanswered(_ state: CoverageState) {
    let days = ParticipantDays([Self.coverage([(24, .notWorn), (47, state)])], zone: Self.chicago, basis: Self.basis())
    #expect(days.cells.map(\.heartMinutes) == [0, -1, -1])
  }

  @Test("without any time there are no days", arguments: [[], [Coverage(unit: .minute, spans: [])]])
  func nothing(_ coverages: [Coverage]) { #expect(ParticipantDays(coverages, zone: .utc, basis: Self.basis()) == .none) }

  @Test("study weeks begin on the day of enrolment, and days outside of the time that is counted are no days")
  func weeks() {
    let first = CivilDate(year: 2026, month: 3, day: 7)
    func cell(_ minutes: Int16) -> ParticipantDays.Cell { .init(state: .have, share: 0, heartMinutes: minutes) }
    let days = ParticipantDays(first: first.daysSince1970, cells: [600, 599, 1440, 0, 700, 601, 10, 900, -1].map(cell))
    let weeks = StudyWeek.weeks(days, enrolled: first, validMinutes: 600)
    #expect(weeks.map(\.valid) == [4, 1] && weeks.map(\.possible) == [7, 1] && weeks.map(\.number) == [1, 2])
    // A report from the third day on still knows which week it is.
    let later = StudyWeek.weeks(days, enrolled: first.advanced(byDays: -10), validMinutes: 600)
    #expect(later.map(\.possible) == [0, 4, 4])
  }
}

@Suite("Delay and missing time")
struct TallyTests {
  private static func slice(rows: Int, delay: Int64?, state: SliceState = .written, missing: Int = 0, start: Int64 = 0) -> LedgerSlice {
    var slice = LedgerSlice(key: SliceKey(participant: "P1", dataType: "heart", start: start, end: start + 86_400), state: state, run: "r")
    slice.rows = rows
    slice.fetchedAt = delay.map { Instant(seconds: slice.key.end + $0) }
    slice.missing = missing
    return slice
  }

  @Test("median and 95 % weigh slices by their rows, leave out those asked before their end, and say how many")
  func delay() throws {
    var tally = DelayTally()
    tally.add(
      [
        Self.slice(rows: 94, delay: 600), Self.slice(rows: 5, delay: 7200), Self.slice(rows: 1, delay: 86_400), Self.slice(rows: 50, delay: -10, state: .provisional),
        Self.slice(rows: 0, delay: 9), Self.slice(rows: 0, delay: nil, state: .failed),
      ], within: nil)
    let figures = try #require(tally.figures(["heart", "steps"]).first)
    #expect(figures == DelayFigures(dataType: "heart", median: 600, most: 7200, rows: 100, early: 1))
    #expect(tally.figures(["heart", "steps"]).count == 1)
  }

  @Test("only slices that begin in the period count")
  func period() {
    var tally = DelayTally(), vanished = VanishedTally()
    let ledger = [Self.slice(rows: 10, delay: 60, missing: 3), Self.slice(rows: 20, delay: 120, missing: 4, start: 86_400)]
    tally.add(ledger, within: 86_400..<172_800)
    vanished.add(ledger, within: 86_400..<172_800)
    #expect(tally.figures(["heart"]).map(\.rows) == [20])
    #expect(vanished.figures(["heart"]) == [VanishedRows(dataType: "heart", rows: 4, slices: 1, participants: 1)])
  }
}
