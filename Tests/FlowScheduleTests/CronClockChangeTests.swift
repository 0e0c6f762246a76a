import FlowBase
import FlowSchedule
import Testing

/// What cron does where the clocks of a zone change.
@Suite("A cron expression when clocks change")
struct CronClockChangeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var cron: String
    var zone: String
    var after: String
    var due: [String]
    var testDescription: String { "\(cron) in \(zone)" }
  }

  static let cases = [
    // Berlin skips 02:00 to 03:00 on 29 March 2026, at 01:00 UTC.
    Case(cron: "30 2 * * *", zone: "Europe/Berlin", after: "2026-03-28T00:00:00Z", due: ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
    Case(cron: "0,20,40 2 * * *", zone: "Europe/Berlin", after: "2026-03-28T12:00:00Z", due: ["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]),
    Case(cron: "0 2,3 * * *", zone: "Europe/Berlin", after: "2026-03-28T12:00:00Z", due: ["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z", "2026-03-30T01:00:00Z"]),
    Case(cron: "0 2 * * SUN", zone: "Europe/Berlin", after: "2026-03-23T00:00:00Z", due: ["2026-03-29T01:00:00Z", "2026-04-05T00:00:00Z"]),
    Case(cron: "30 2 * * MON", zone: "Europe/Berlin", after: "2026-03-24T00:00:00Z", due: ["2026-03-30T00:30:00Z"]),
    Case(cron: "30 * * * *", zone: "Europe/Berlin", after: "2026-03-29T00:00:00Z", due: ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z"]),
    Case(cron: "*/30 2 * * *", zone: "Europe/Berlin", after: "2026-03-28T12:00:00Z", due: ["2026-03-30T00:00:00Z"]),
    // It repeats 02:00 to 03:00 on 25 October 2026: once from 00:00 UTC, once from 01:00 UTC.
    Case(cron: "30 2 * * *", zone: "Europe/Berlin", after: "2026-10-24T12:00:00Z", due: ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
    Case(cron: "0 3 * * *", zone: "Europe/Berlin", after: "2026-10-24T12:00:00Z", due: ["2026-10-25T02:00:00Z", "2026-10-26T02:00:00Z"]),
    // From the repeated hour on, the first time is over.
    Case(cron: "30 2 * * *", zone: "Europe/Berlin", after: "2026-10-25T01:10:00Z", due: ["2026-10-26T01:30:00Z"]),
    Case(cron: "30 * * * *", zone: "Europe/Berlin", after: "2026-10-24T23:00:00Z", due: ["2026-10-24T23:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"]),
    Case(cron: "*/30 2 * * *", zone: "Europe/Berlin", after: "2026-10-24T12:00:00Z", due: ["2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:00:00Z"]),
    Case(cron: "@hourly", zone: "America/New_York", after: "2026-11-01T05:00:00Z", due: ["2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z"]),
    // Half an hour: Lord Howe skips 02:00 to 02:30 on 4 October 2026, at 15:30 UTC the day before.
    Case(cron: "15 2 * * *", zone: "Australia/Lord_Howe", after: "2026-10-03T00:00:00Z", due: ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"]),
    // Samoa had no 30 December 2011; the day after began at 10:00 UTC.
    Case(cron: "0 6 * * *", zone: "Pacific/Apia", after: "2011-12-29T00:00:00Z", due: ["2011-12-29T16:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T16:00:00Z"]),
    // Midnight is skipped in Santiago on 6 September 2026, at 04:00 UTC.
    Case(cron: "0 0 * * *", zone: "America/Santiago", after: "2026-09-05T12:00:00Z", due: ["2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"]),
    // After the last change that the zone file lists.
    Case(cron: "30 2 * * *", zone: "Europe/Berlin", after: "2900-03-28T12:00:00Z", due: ["2900-03-29T00:30:00Z"]),
    Case(cron: "0 12 * * *", zone: "Asia/Kolkata", after: "2026-01-05T00:00:00Z", due: ["2026-01-05T06:30:00Z"]),
  ]

  @Test("a fixed time is due once, any other follows the clock on the wall", arguments: cases)
  func due(_ expected: Case) throws {
    let expression = try CronExpression.read(expected.cron).get()
    let zone = try #require(CivilZone(expected.zone))
    var instant = try #require(Instant(rfc3339: expected.after))
    var found: [String] = []
    for _ in expected.due {
      instant = expression.next(after: instant, in: zone)
      found.append(instant.text)
    }
    #expect(found == expected.due)
  }
}
