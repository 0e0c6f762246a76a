import FlowBase
import Testing

@testable import FlowSimulator

@Suite("Days and zones")
struct ZoneRulesTests {
  private static let span = Population.start - 400 * 86_400..<Population.start + 1100 * 86_400

  @Test(
    "a local day has the hours of its zone",
    arguments: [
      ("America/Chicago", "2026-03-07", 24.0), ("America/Chicago", "2026-03-08", 23), ("America/Chicago", "2026-11-01", 25),
      ("Europe/Berlin", "2026-03-29", 23), ("Europe/Berlin", "2026-10-25", 25), ("Asia/Kolkata", "2026-03-29", 24),
      ("Australia/Lord_Howe", "2026-04-05", 24.5), ("Australia/Lord_Howe", "2026-10-04", 23.5),
      ("Europe/London", "2026-03-29", 23), ("UTC", "2026-03-29", 24),
    ])
  func hours(name: String, date: String, hours: Double) throws {
    let zone = try #require(ZoneRules(name, over: Self.span))
    let day = try #require(CivilDate(text: date[...]))
    let instants = zone.instants(of: day)
    #expect(Double(instants.count) / 3600 == hours)
    #expect(zone.day(at: instants.lowerBound) == day)
    #expect(zone.day(at: instants.upperBound - 1) == day)
  }

  @Test("days follow one another without gap", arguments: Population.zoneNames)
  func contiguous(name: String) throws {
    let zone = try #require(ZoneRules(name, over: Self.span))
    let first = Population.start / 86_400
    for number in first..<first + 400 {
      let today = zone.instants(of: CivilDate(dayNumber: number))
      #expect(today.upperBound == zone.instants(of: CivilDate(dayNumber: number + 1)).lowerBound)
    }
  }

  @Test("a date round-trips", arguments: ["1969-12-31", "1970-01-01", "2000-02-29", "2024-02-29", "2026-12-31"])
  func dates(text: String) throws {
    #expect(try #require(CivilDate(text: text[...])).description == text)
  }

  @Test("an invalid date is rejected", arguments: ["2026-02-29", "2026-13-01", "2026-3-08", "26-03-08", "", "2026-03-08T", "+026-03-08"])
  func noDates(text: String) {
    #expect(CivilDate(text: text[...]) == nil)
  }

  @Test("the simulated days start with the American clock change")
  func start() throws {
    #expect(rfc3339(Population.start) == "2026-03-08T00:00:00Z")
  }
}
