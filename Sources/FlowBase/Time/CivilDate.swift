/// A date of the proleptic Gregorian calendar, without a time zone.
package struct CivilDate: Hashable, Comparable, Sendable, CustomStringConvertible {
  package var year: Int
  package var month: Int
  package var day: Int

  package init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// Days since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil).
  package var daysSince1970: Int64 {
    let shifted = Int64(month <= 2 ? year - 1 : year)
    let era = shifted.flooredDivision(by: 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * Int64(month + (month > 2 ? -3 : 9)) + 2) / 5 + Int64(day) - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The inverse of `daysSince1970` (civil_from_days in the same source).
  package init(daysSince1970: Int64) {
    let shifted = daysSince1970 + 719_468
    let era = shifted.flooredDivision(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
    year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
  }

  /// nil if the date does not exist.
  package init?(existing year: Int, _ month: Int, _ day: Int) {
    guard (1...12).contains(month), (1...31).contains(day) else { return nil }
    self.init(year: year, month: month, day: day)
    guard CivilDate(daysSince1970: daysSince1970) == self else { return nil }
  }

  /// Parses `yyyy-MM-dd`; nil for anything else, including days that the month does not have.
  package init?(text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      let year = decimal(bytes[0..<4]), let month = decimal(bytes[5..<7]), let day = decimal(bytes[8..<10])
    else { return nil }
    self.init(existing: year, month, day)
  }

  /// Midnight UTC of this date.
  package var startOfDayUTC: Instant { Instant(seconds: daysSince1970 * 86_400) }
  package func advanced(byDays days: Int64) -> CivilDate { CivilDate(daysSince1970: daysSince1970 + days) }

  /// `yyyy-MM-dd`.
  package var text: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }
  package var description: String { text }

  package static func < (left: CivilDate, right: CivilDate) -> Bool {
    (left.year, left.month, left.day) < (right.year, right.month, right.day)
  }
}

/// Parses ASCII digits; nil if empty or if any byte is not a digit.
package func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
  var value = 0
  for digit in digits {
    guard (48...57).contains(digit) else { return nil }
    value = value * 10 + Int(digit - 48)
  }
  return digits.isEmpty ? nil : value
}

/// The number, zero-padded to at least `width` digits.
package func padded(_ value: Int, _ width: Int) -> String { String(value).padded(to: width) }
