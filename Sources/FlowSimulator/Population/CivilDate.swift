/// A day of the Gregorian calendar, without a zone.
package struct CivilDate: Sendable, Hashable, CustomStringConvertible {
  /// Days since 1970-01-01.
  package let dayNumber: Int

  package init(dayNumber: Int) {
    self.dayNumber = dayNumber
  }

  /// Reads `yyyy-MM-dd`; nil for anything else and for days that do not exist.
  package init?(_ text: Substring) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2, parts[2].utf8.count == 2,
      parts.allSatisfy({ $0.utf8.allSatisfy { 48...57 ~= $0 } }),
      let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), 1...12 ~= month, 1...31 ~= day
    else { return nil }
    let date = CivilDate(dayNumber: Self.days(year: year, month: month, day: day))
    guard date.description == text else { return nil }
    self = date
  }

  var components: (year: Int, month: Int, day: Int) { Self.civil(dayNumber) }

  init?(year: Int, month: Int, day: Int) {
    guard 1...9999 ~= year, 1...12 ~= month, 1...31 ~= day else { return nil }
    dayNumber = Self.days(year: year, month: month, day: day)
    guard components == (year, month, day) else { return nil }
  }

  package var description: String {
    let (year, month, day) = Self.civil(dayNumber)
    return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2)
  }

  // Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms": eras of 400 years that begin on 1 March.

  private static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = floorDivide(shifted, 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(_ dayNumber: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = dayNumber + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}

/// Seconds since 1970 as RFC 3339 in UTC, whole seconds: `2026-03-08T00:00:00Z`.
package func rfc3339(_ instant: Int) -> String {
  wallClock(instant) + "Z"
}

/// `yyyy-MM-ddTHH:mm:ss` of local seconds since 1970.
package func wallClock(_ localSeconds: Int) -> String {
  let day = floorDivide(localSeconds, 86_400)
  let second = localSeconds - day * 86_400
  return "\(CivilDate(dayNumber: day))T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
}

/// Division that rounds towards minus infinity, so that days before 1970 come out right.
package func floorDivide(_ value: Int, _ divisor: Int) -> Int {
  value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
}

private func padded(_ value: Int, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
