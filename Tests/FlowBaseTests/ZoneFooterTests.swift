import Testing

@testable import FlowBase

@Suite("The footer of a zone file is a POSIX TZ rule")
struct ZoneFooterTests {
  @Test(
    "clocks change at the time of the rule",
    arguments: [
      ("EST5EDT,M3.2.0,M11.1.0", "2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"),
      ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"),
      ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-10-03T16:00:00Z", "2026-04-04T16:00:00Z"),
      // Lord Howe moves by half an hour; Dublin's winter is the exception; Nuuk changes on the Saturday before; Troll moves by two hours.
      ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-10-03T15:30:00Z", "2026-04-04T15:00:00Z"),
      ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-10-25T01:00:00Z", "2026-03-29T01:00:00Z"),
      ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"),
      ("<+00>0<+02>-2,M3.5.0/1,M10.5.0/3", "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"),
      ("XXX0YYY,J60/0,J365/23", "2026-03-01T00:00:00Z", "2026-12-31T22:00:00Z"),
      ("XXX0YYY,59/0,364/23", "2026-03-01T00:00:00Z", "2026-12-31T22:00:00Z"),
      ("XXX0YYY,J60/0,J365/23", "2028-03-01T00:00:00Z", "2028-12-31T22:00:00Z"),
      ("XXX0YYY,59/0,364/23", "2028-02-29T00:00:00Z", "2028-12-30T22:00:00Z"),
      ("XXX3EDT4,M3.4.4/50,M10.4.4/-50", "2026-03-28T05:00:00Z", "2026-10-20T02:00:00Z"),
    ] as [(String, String, String)])
  func moments(rule: String, toDaylight: String, toStandard: String) throws {
    let footer = try #require(ZoneFooter(rule))
    let year = try #require(Int(toDaylight.prefix(4)))
    let changes = footer.changes(in: year...year)
    #expect(changes.first { $0.isDaylight }.map { Instant(seconds: $0.start).text } == toDaylight)
    #expect(changes.first { !$0.isDaylight }.map { Instant(seconds: $0.start).text } == toStandard)
  }

  @Test("daylight-saving time that lasts all year never ends")
  func allYear() throws {
    let footer = try #require(ZoneFooter("EST5EDT,0/0,J365/25"))
    let table = ZoneTable([.init(start: .min, offset: -18_000, isDaylight: false)] + footer.changes(in: 2026...2030))
    for instant in ["2026-01-01T05:00:00Z", "2026-12-31T23:59:59Z", "2027-01-01T05:00:00Z", "2028-07-01T00:00:00Z"] {
      #expect(table.change(at: try #require(Instant(rfc3339: instant)).seconds).offset == -14_400, "\(instant)")
    }
  }

  @Test(
    "anything else is rejected",
    arguments: [
      "", "5", "ES5", "EST", "EST25", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "EST5EDT,M3.6.0,M11.1.0",
      "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,M3.2.0,M11.1.0,", "<EST5", "EST5:60", "EST5EDT,J0,J5", "EST5EDT,366,5", "EST5EDT,M3.2.0/168,M11.1.0",
      "EST99999999999999999999", "EST5 EDT",
    ])
  func refused(rule: String) { #expect(ZoneFooter(rule) == nil) }
}
