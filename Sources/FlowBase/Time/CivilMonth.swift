/// A month of the proleptic Gregorian calendar.
package struct CivilMonth: Hashable, Comparable, Sendable, CustomStringConvertible {
  package var year: Int
  /// From 1.
  package var month: Int

  package init(year: Int, month: Int) {
    self.year = year
    self.month = month
  }

  package init(of date: CivilDate) { self.init(year: date.year, month: date.month) }

  /// The month in UTC.
  /// - Parameter instant: seconds since 1970.
  package init(ofInstant instant: Int64) { self.init(of: CivilDate(daysSince1970: instant.flooredDivision(by: 86_400))) }

  /// Parses `yyyy-MM`; nil for anything else.
  package init?(text: some StringProtocol) {
    guard let first = CivilDate(text: "\(text)-01") else { return nil }
    self.init(of: first)
  }

  package var firstDay: CivilDate { CivilDate(year: year, month: month, day: 1) }
  package var next: CivilMonth { month == 12 ? CivilMonth(year: year + 1, month: 1) : CivilMonth(year: year, month: month + 1) }
  package var days: Range<CivilDate> { firstDay..<next.firstDay }

  /// `yyyy-MM`.
  package var text: String { "\(padded(year, 4))-\(padded(month, 2))" }
  package var description: String { text }

  package static func < (left: CivilMonth, right: CivilMonth) -> Bool { (left.year, left.month) < (right.year, right.month) }
}
