import FlowBase
import Foundation
import Testing

@Suite("Civil days of every zone")
struct CivilZoneTests {
  @Test("days of 2024 to 2028 have no gap or overlap and start on their own date")
  func daysAreContiguous() throws {
    for name in TimeZone.knownTimeZoneIdentifiers {
      let zone = try #require(CivilZone(name))
      var date = CivilDate(year: 2024, month: 1, day: 1)
      var start = zone.startOfDay(date)
      while date.year < 2028 {
        let next = zone.endOfDay(at: start)
        if next - start != 86_400 {
          // Only days with a transition need the three lookups.
          #expect((20 * 3600...28 * 3600).contains(next - start), "\(name) \(date.text) has \(next - start) seconds")
        }
        date = date.advanced(byDays: 1)
        if zone.date(at: next) != date || zone.date(at: next - 1) == date {
          Issue.record("\(name): \(date.text) does not begin at \(next)")
          break
        }
        start = next
      }
    }
  }
}
