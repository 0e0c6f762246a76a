import FlowBase
import Testing

@Suite("an instant as text")
struct RFC3339Tests {
  @Test(
    "is parsed with any zone",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-01-05T00:00:00Z", 1_767_571_200_000),
      ("2026-01-05t00:00:00z", 1_767_571_200_000),
      ("2026-01-05 00:00:00Z", 1_767_571_200_000), ("2026-01-05T00:00:00.123Z", 1_767_571_200_123),
      ("2026-01-05T00:00:00.1Z", 1_767_571_200_100), ("2026-01-05T00:00:00.1239Z", 1_767_571_200_123),
      ("2026-01-05T01:00:00+01:00", 1_767_571_200_000), ("2026-01-04T18:30:00-05:30", 1_767_571_200_000),
      ("1969-12-31T23:59:59.500Z", -500), ("2026-01-05T23:59:59Z", 1_767_657_599_000),
      ("2026-01-05T00:00:00-00:00", 1_767_571_200_000),
    ])
  func reading(text: String, milliseconds: Int64) {
    #expect(Instant(rfc3339: text)?.milliseconds == milliseconds)
  }

  @Test(
    "is rejected if incomplete",
    arguments: [
      "", "2026-01-05", "2026-01-05T00:00:00", "2026-01-05T00:00Z", "2026-01-05T24:00:00Z", "2026-01-05T00:60:00Z",
      "2026-01-05T00:00:60Z",
      "2026-02-30T00:00:00Z", "2026-01-05T00:00:00.Z", "2026-01-05T00:00:00+0100", "2026-01-05T00:00:00+24:00",
      "2026-01-05T00:00:00+01:60", "2026-01-05T00:00:00Zx", "2026-01-05T00:00:00 Z", "2026-01-05T0a:00:00Z",
      "2026-01-05X00:00:00Z",
    ])
  func refused(text: String) {
    #expect(Instant(rfc3339: text) == nil)
  }

  @Test(
    "is written in UTC, with milliseconds only if there are any",
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (1_767_571_200_000, "2026-01-05T00:00:00Z"),
      (1_767_571_200_007, "2026-01-05T00:00:00.007Z"),
      (-500, "1969-12-31T23:59:59.500Z"), (-86_400_000, "1969-12-31T00:00:00Z"),
    ])
  func writing(milliseconds: Int64, text: String) {
    #expect(Instant(milliseconds: milliseconds).text == text)
    #expect(Instant(rfc3339: text) == Instant(milliseconds: milliseconds))
  }

  @Test("is parsed as local time only without a zone")
  func local() {
    #expect(Instant(localText: "2026-08-15T13:14:22.000") == Instant(rfc3339: "2026-08-15T13:14:22Z"))
    #expect(Instant(localText: "2026-08-15T13:14:22Z") == nil)
  }

  @Test(
    "has its UTC date",
    arguments: [(-1, "1969-12-31"), (0, "1970-01-01"), (86_399_999, "1970-01-01"), (86_400_000, "1970-01-02")])
  func date(milliseconds: Int64, text: String) {
    #expect(Instant(milliseconds: milliseconds).dateUTC.text == text)
  }

  @Test("rounds down, also before 1970", arguments: [(59, 0), (60, 60), (119, 60), (-1, -60), (-60, -60)])
  func rounding(seconds: Int64, rounded: Int64) {
    #expect(Instant(seconds: seconds).roundedDown(toSeconds: 60) == Instant(seconds: rounded))
  }

  @Test("rounds down to whole seconds", arguments: [(1999, 1), (-1, -1), (-1000, -1), (-1001, -2)])
  func wholeSeconds(milliseconds: Int64, seconds: Int64) {
    #expect(Instant(milliseconds: milliseconds).seconds == seconds)
  }
}
