import FlowBase

/// The simulator counts days and seconds in `Int` and uses dates for display.
extension CivilDate {
  /// Days since 1970-01-01.
  package var dayNumber: Int { Int(daysSince1970) }

  package init(dayNumber: Int) { self.init(daysSince1970: Int64(dayNumber)) }
}

/// Seconds since 1970 as RFC 3339 in UTC: `2026-03-08T00:00:00Z`.
package func rfc3339(_ instant: Int) -> String { Instant(seconds: Int64(instant)).text }

/// Local seconds since 1970 as `yyyy-MM-ddTHH:mm:ss`.
package func wallClock(_ localSeconds: Int) -> String { String(rfc3339(localSeconds).dropLast()) }
