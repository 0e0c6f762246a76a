import FlowBase
import FlowSchedule
import Testing

@Suite("A cron expression")
struct CronExpressionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var cron: String
    var after: String
    /// The next due times, in order.
    var due: [String]
    var testDescription: String { cron }
  }

  static let cases = [
    Case(cron: "* * * * *", after: "2026-01-05T10:00:30Z", due: ["2026-01-05T10:01:00Z", "2026-01-05T10:02:00Z"]),
    Case(cron: "0 */2 * * *", after: "2026-01-05T10:00:00Z", due: ["2026-01-05T12:00:00Z", "2026-01-05T14:00:00Z"]),
    Case(cron: "0 */2 * * *", after: "2026-01-05T09:59:59Z", due: ["2026-01-05T10:00:00Z"]),
    Case(cron: "15,45 8-9 * * *", after: "2026-01-05T08:20:00Z", due: ["2026-01-05T08:45:00Z", "2026-01-05T09:15:00Z", "2026-01-05T09:45:00Z", "2026-01-06T08:15:00Z"]),
    Case(cron: "10-50/20 0 * * *", after: "2026-01-05T00:00:00Z", due: ["2026-01-05T00:10:00Z", "2026-01-05T00:30:00Z", "2026-01-05T00:50:00Z", "2026-01-06T00:10:00Z"]),
    // 5 January 2026 is a Monday.
    Case(cron: "30 4 * * MON-FRI", after: "2026-01-09T05:00:00Z", due: ["2026-01-12T04:30:00Z"]),
    Case(cron: "30 4 * * fri-sun", after: "2026-01-05T05:00:00Z", due: ["2026-01-09T04:30:00Z", "2026-01-10T04:30:00Z", "2026-01-11T04:30:00Z", "2026-01-16T04:30:00Z"]),
    Case(cron: "0 0 * * 7", after: "2026-01-05T00:00:00Z", due: ["2026-01-11T00:00:00Z"]),
    Case(cron: "0 0 * * 0", after: "2026-01-05T00:00:00Z", due: ["2026-01-11T00:00:00Z"]),
    Case(cron: "0 0 * * 5-7", after: "2026-01-05T00:00:00Z", due: ["2026-01-09T00:00:00Z", "2026-01-10T00:00:00Z", "2026-01-11T00:00:00Z"]),
    Case(cron: "0 12 1 JAN,jul *", after: "2026-01-05T00:00:00Z", due: ["2026-07-01T12:00:00Z", "2027-01-01T12:00:00Z"]),
    // Both days are restricted: one of them is enough.
    Case(cron: "0 0 13 * FRI", after: "2026-01-05T00:00:00Z", due: ["2026-01-09T00:00:00Z", "2026-01-13T00:00:00Z", "2026-01-16T00:00:00Z"]),
    // A field that begins with * does not restrict: both must match.
    Case(cron: "0 0 */10 * MON", after: "2026-01-05T00:00:00Z", due: ["2026-05-11T00:00:00Z"]),
    Case(cron: "0 0 31 * *", after: "2026-01-31T00:00:00Z", due: ["2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"]),
    Case(cron: "0 0 29 2 *", after: "2096-03-01T00:00:00Z", due: ["2104-02-29T00:00:00Z"]),
    Case(cron: "59 23 31 12 *", after: "2026-12-31T23:59:00Z", due: ["2027-12-31T23:59:00Z"]),
    Case(cron: "@hourly", after: "2026-01-05T10:30:00Z", due: ["2026-01-05T11:00:00Z"]),
    Case(cron: "@daily", after: "2026-01-05T10:30:00Z", due: ["2026-01-06T00:00:00Z"]),
    Case(cron: "@midnight", after: "2026-01-05T10:30:00Z", due: ["2026-01-06T00:00:00Z"]),
    Case(cron: "@weekly", after: "2026-01-05T10:30:00Z", due: ["2026-01-11T00:00:00Z"]),
    Case(cron: "@monthly", after: "2026-01-05T10:30:00Z", due: ["2026-02-01T00:00:00Z"]),
    Case(cron: "@yearly", after: "2026-01-05T10:30:00Z", due: ["2027-01-01T00:00:00Z"]),
    Case(cron: "@Annually", after: "2026-01-05T10:30:00Z", due: ["2027-01-01T00:00:00Z"]),
    Case(cron: "  0\t6   * * *  ", after: "2026-01-05T10:30:00Z", due: ["2026-01-06T06:00:00Z"]),
  ]

  @Test("is due when it says", arguments: cases)
  func due(_ expected: Case) throws {
    let expression = try CronExpression.read(expected.cron).get()
    var instant = try #require(Instant(rfc3339: expected.after))
    var found: [String] = []
    for _ in expected.due {
      instant = expression.next(after: instant, in: .utc)
      found.append(instant.text)
    }
    #expect(found == expected.due)
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    var cron: String
    /// `offset: found; expected; hint`.
    var problems: [String]
    var testDescription: String { cron.isEmpty ? "nothing" : cron }
  }

  static let mistakes = [
    Mistake(cron: "", problems: ["0: it is empty; expected five fields: minute, hour, day of month, month, day of week, such as 0 */2 * * *"]),
    Mistake(cron: "0 0 * *", problems: ["0: 4 fields; expected five fields: minute, hour, day of month, month, day of week, such as 0 */2 * * *"]),
    Mistake(
      cron: "0 0 12 * * ?",
      problems: ["11: 6 fields; expected five fields: minute, hour, day of month, month, day of week, such as 0 */2 * * *; seconds and years have no field: leave them out"]),
    Mistake(
      cron: "60 24 32 13 8",
      problems: [
        "0: minute: '60'; expected 0 to 59", "3: hour: '24'; expected 0 to 23", "6: day of month: '32'; expected 1 to 31",
        "9: month: '13'; expected 1 to 12 or JAN to DEC; available: JAN, FEB, MAR, APR, MAY, JUN, JUL, AUG, SEP, OCT, NOV, DEC",
        "12: day of week: '8'; expected 0 to 7 or SUN to SAT; available: SUN, MON, TUE, WED, THU, FRI, SAT",
      ]),
    Mistake(cron: "0 22-2 * * *", problems: ["2: hour: the range '22-2' runs backwards; expected the smaller value first; 22-23,0-2 goes around"]),
    Mistake(cron: "5/15 * * * *", problems: ["0: minute: a step '5/15' without a range; expected a range before the step; 5-59/15 begins at 5"]),
    Mistake(cron: "*/0 * * * *", problems: ["2: minute: the step '0'; expected a number from 1 to 59"]),
    Mistake(cron: "*/90 * * * *", problems: ["2: minute: the step '90'; expected a number from 1 to 59"]),
    Mistake(cron: "*/2/3 * * * *", problems: ["4: minute: a second step '/3'; expected one step at most, such as */15"]),
    Mistake(cron: "1, * * * *", problems: ["2: minute: nothing; expected 0 to 59"]),
    Mistake(cron: "1-2-3 * * * *", problems: ["4: minute: '1-2-3'; expected a range of two values, such as 0-4"]),
    Mistake(cron: "-5 * * * *", problems: ["0: minute: nothing; expected 0 to 59"]),
    Mistake(cron: "0 0 ? * MONDAY", problems: ["4: day of month: '?'; expected 1 to 31; * matches every day", "8: day of week: 'MONDAY'; expected 0 to 7 or SUN to SAT; write MON"]),
    Mistake(cron: "0 0 1 JNA *", problems: ["6: month: 'JNA'; expected 1 to 12 or JAN to DEC; did you mean 'JAN'?"]),
    Mistake(cron: "0 0 30 2 *", problems: ["4: no month that is named has a day '30', so it is never due; expected a day that one of the months has"]),
    Mistake(cron: "0 0 31 4,6,9,11 *", problems: ["4: no month that is named has a day '31', so it is never due; expected a day that one of the months has"]),
    Mistake(
      cron: "@reboot",
      problems: ["0: '@reboot'; expected one of @annually, @daily, @hourly, @midnight, @monthly, @weekly, @yearly, or five fields; available: @annually, @daily, @hourly, @midnight, @monthly, @weekly, @yearly"]),
    Mistake(cron: "@hourly 5", problems: ["8: text after '@hourly'; expected a short form alone, or five fields"]),
    Mistake(cron: "٣ * * * *", problems: ["0: minute: '٣'; expected 0 to 59"]),
  ]

  @Test("that is wrong has all of its problems found, each with its place", arguments: mistakes)
  func problems(_ mistake: Mistake) {
    guard case .failure(let found) = CronExpression.read(mistake.cron) else {
      Issue.record("'\(mistake.cron)' is accepted")
      return
    }
    #expect(found.all.map { "\($0.offset): \($0.found); expected \($0.expected)" + ($0.hint.map { "; \($0)" } ?? "") } == mistake.problems)
  }
}
