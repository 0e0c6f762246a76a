import FlowExpression
import Testing

@Suite("Dates")
struct DateTests {
  /// 2026-08-04T10:15:30.123Z, a Tuesday.
  static let moment = "1785838530123"

  @Test(
    "every letter of a date pattern",
    arguments: [
      ("y yy yyy yyyy yyyyy", "2026 26 2026 2026 02026"), ("M MM MMM MMMM MMMMM", "8 08 Aug August A"),
      ("d dd D DDD", "4 04 216 216"), ("E EEEE EEEEE e c", "Tue Tuesday T 3 3"), ("G GGGG a", "AD Anno Domini AM"),
      ("H HH k K h hh", "10 10 10 10 10 10"), ("m mm s ss", "15 15 30 30"),
      ("S SSS SSSSSS A n", "1 123 123000 36930123 123000000"),
      ("Q QQ QQQ QQQQ", "3 03 Q3 3rd quarter"), ("w W Y F", "32 2 2026 1"),
      ("z zzzz VV", "UTC Coordinated Universal Time UTC"),
      ("X XXX x xxx Z ZZZZ ZZZZZ O", "Z Z +00 +00:00 +0000 GMT Z GMT"),
      ("'o''clock' [yyyy] ppppd", "o'clock 2026    4"),
      ("yyyy-MM-dd'T'HH:mm", "2026-08-04T10:15"),
    ])
  func letters(pattern: String, text: String) {
    let quoted = pattern.replacing("'", with: "\\'")
    let double = pattern.contains("'") ? "\"\(pattern)\"" : "'\(quoted)'"
    #expect(value("${t:format(\(double), 'UTC')}", ["t": Self.moment]) == text)
  }

  @Test(
    "local time in a zone",
    arguments: [
      Row("${t:format('HH:mm z XXX zzzz O', 'Europe/Vienna')}", "12:15 CEST +02:00 Central European Summer Time GMT+2"),
      Row("${t:format('HH:mm z', 'America/New_York')} ${t:format('HH:mm xx', '-03:30')}", "06:15 EDT 06:45 -0330"),
      Row(
        "${t:format('HH', 'America/Fake')}",
        "problem at 17: found 'America/Fake'; expected a time zone such as Europe/Vienna, UTC or +02:00; did you mean 'America/Adak'?"
      ),
      Row(
        "${t:format('HH', ${z})}", "error: found 'Nowhere'; expected a time zone such as Europe/Vienna, UTC or +02:00"),
      Row("${t:format('HH', 'GMT+5')} ${t:format('HH z', 'Asia/Tokyo')}", "15 19 JST"),
    ])
  func zones(row: Row) {
    #expect(value(row.text, ["t": Self.moment, "z": "Nowhere"]) == row.result)
  }

  @Test(
    "a text is parsed as in Java",
    arguments: [
      ("2026-02-31", "yyyy-MM-dd", "2026-02-28T00:00:00Z"), ("2026-2-3", "yyyy-MM-dd", "2026-02-03T00:00:00Z"),
      ("20260203040506789", "yyyyMMddHHmmssSSS", "2026-02-03T04:05:06.789Z"),
      ("03/feb/26", "dd/MMM/yy", "2026-02-03T00:00:00Z"),
      ("2026-02-03 24:00", "yyyy-MM-dd HH:mm", "2026-02-04T00:00:00Z"), ("12:30", "HH:mm", "1970-01-01T12:30:00Z"),
      ("2026", "yyyy", "2026-01-01T00:00:00Z"), ("2026 034", "yyyy DDD", "2026-02-03T00:00:00Z"),
      ("Tue, 3 Feb 2026 04:05:06 +0200", "EEE, d MMM yyyy HH:mm:ss Z", "2026-02-03T02:05:06Z"),
      ("2026-02-03 04:05 PM", "yyyy-MM-dd hh:mm a", "2026-02-03T16:05:00Z"),
      ("2026-02-03 12 AM", "yyyy-MM-dd h a", "2026-02-03T00:00:00Z"),
      ("2026-08-04 12:00 CEST", "yyyy-MM-dd HH:mm z", "2026-08-04T10:00:00Z"),
      ("2026-08-04 12:00 Europe/Vienna", "yyyy-MM-dd HH:mm VV", "2026-08-04T10:00:00Z"),
      ("2026-03-29 02:30 Europe/Vienna", "yyyy-MM-dd HH:mm VV", "2026-03-29T01:30:00Z"),
      ("Wed 2026-02-03", "EEE yyyy-MM-dd", "error"), ("2026-13-01", "yyyy-MM-dd", "error"),
      ("2026-02-03x", "yyyy-MM-dd", "error"),
      ("0000-02-03", "yyyy-MM-dd", "error"), ("2026-06-31", "uuuu-MM-dd", "2026-06-30T00:00:00Z"),
      ("2026-02-32", "yyyy-MM-dd", "error"),
    ])
  func reading(text: String, pattern: String, instant: String) {
    let result = value("${d:toDate('\(pattern)', 'UTC'):toNumber():toInstant()}", ["d": text])
    #expect(result.hasPrefix("error") ? instant == "error" : result == instant, "\(text) \(pattern) gave \(result)")
  }

  @Test(
    "instants are parsed strictly",
    arguments: [
      ("2026-2-3 04:05", "yyyy-MM-dd HH:mm", false), ("2026-02-03 04:05", "yyyy-MM-dd HH:mm", true),
      ("2026-02-03", "yyyy-MM-dd", false),
      ("03-FEB-2026 00:00", "dd-MMM-yyyy HH:mm", false), ("03-Feb-2026 00:00", "dd-MMM-yyyy HH:mm", true),
    ])
  func strictness(text: String, pattern: String, isRead: Bool) {
    let result = value("${d:toInstant('\(pattern)', 'UTC'):toNumber()}", ["d": text])
    #expect(result.hasPrefix("error") != isRead, "\(result)")
  }

  @Test(
    "durations keep the time of day across a clock change",
    arguments: [
      Row(
        "${d:toDate('yyyy-MM-dd HH:mm', 'Europe/Vienna'):plusDuration('1 day', 'Europe/Vienna'):format('yyyy-MM-dd HH:mm', 'Europe/Vienna')}",
        ["d": "2026-03-28 02:30"], "2026-03-29 03:30"),
      Row(
        "${d:toDate('yyyy-MM-dd HH:mm', 'Europe/Vienna'):plusDuration('24 hours', 'Europe/Vienna'):format('yyyy-MM-dd HH:mm', 'Europe/Vienna')}",
        ["d": "2026-03-28 12:00"], "2026-03-29 13:00"),
      Row(
        "${d:toDate('yyyy-MM-dd', 'UTC'):plusDuration('99999999999999999999 days')}", ["d": "2026-03-28"],
        "problem at 45: found '99999999999999999999 days'; expected a whole number and a unit with a space between, such as '2 weeks' or '1 month'"
      ),
      Row(
        "${d:toDate('yyyy-MM-dd', 'UTC'):plusDuration('9223372036854775807 weeks'):toNumber()}", ["d": "2026-03-28"],
        "error: 9223372036854775807 weeks are out of range"),
      Row(
        "${d:toDate('yyyy-MM-dd', 'UTC'):plusDuration('9223372036854775807 nanoseconds'):format('yyyy', 'UTC')}",
        ["d": "2026-03-28"], "2318"),
    ])
  func durations(row: Row) { #expect(value(row.text, row.attributes) == row.result) }

  @Test(
    "dates far away do not stop the engine",
    arguments: ["9223372036854775807", "-9223372036854775808", "0", "253402300800000"])
  func extremes(milliseconds: String) {
    for text in [
      "${t:toNumber():toDate()}", "${t:toNumber():toInstant()}",
      "${t:toNumber():format('yyyy D w e A N', 'Europe/Vienna')}", "${t:toNumber():toInstant():toNanos()}",
      "${t:toNumber():toDate():plusDuration('2147483647 years')}",
    ] {
      #expect(!value(text, ["t": milliseconds]).isEmpty)
    }
  }
}
