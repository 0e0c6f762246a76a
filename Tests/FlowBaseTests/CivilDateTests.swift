import FlowBase
import Testing

@Suite("a civil date")
struct CivilDateTests {
  @Test(
    "counts days from 1970, in both directions",
    arguments: [
      ("1970-01-01", 0), ("1970-01-02", 1), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2000-03-01", 11_017),
      ("1900-03-01", -25_508),
      ("2026-11-21", 20_778), ("0001-01-01", -719_162), ("9999-12-31", 2_932_896),
    ])
  func days(text: String, days: Int64) throws {
    let date = try #require(CivilDate(text: text))
    #expect(date.daysSince1970 == days)
    #expect(CivilDate(daysSince1970: days) == date)
    #expect(date.text == text)
  }

  @Test("round-trips through its day number for every day of four centuries")
  func roundTrip() {
    var before = CivilDate(daysSince1970: -80_000)
    for day in Int64(-79_999)...66_097 {
      let date = CivilDate(daysSince1970: day)
      #expect(date.daysSince1970 == day && before < date && (1...31).contains(date.day))
      before = date
    }
  }

  @Test(
    "rejects an invalid date",
    arguments: [
      "", "2026-2-01", "2026-02-30", "2025-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32",
      "2026/01/01",
      "20260101", "2026-01-01 ", "-026-01-01", "+026-01-01", "٢٠٢٦-01-01", "2026-01-1x",
    ])
  func noDates(text: String) {
    #expect(CivilDate(text: text) == nil)
  }

  @Test(
    "advances across the ends of months and years",
    arguments: [("2026-12-31", 1, "2027-01-01"), ("2024-03-01", -1, "2024-02-29"), ("2026-01-31", 0, "2026-01-31")])
  func advancing(text: String, days: Int64, result: String) throws {
    #expect(try #require(CivilDate(text: text)).advanced(byDays: days).text == result)
  }
}
