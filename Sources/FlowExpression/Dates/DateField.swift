/// The date and time fields of a pattern.
enum DateField: Int, Sendable, CaseIterable {
  case era, yearOfEra, year, quarter, month, dayOfYear, day, alignedWeekOfMonth, dayOfWeek, localizedDayOfWeek
  case weekBasedYear, weekOfYear, weekOfMonth, modifiedJulianDay
  case amPm, hour, clockHour, hourOfAmPm, clockHourOfAmPm, minute, second, nanosecond, millisecondOfDay, nanosecondOfDay

  /// The value for a date and time.
  func value(_ time: LocalDateTime) -> Int64 {
    let date = time.date
    switch self {
    case .era: return date.year > 0 ? 1 : 0
    case .yearOfEra: return date.year > 0 ? date.year : 1 - date.year
    case .year: return date.year
    case .quarter: return (date.month - 1) / 3 + 1
    case .month: return date.month
    case .dayOfYear: return date.dayOfYear
    case .day: return date.day
    case .alignedWeekOfMonth: return (date.day - 1) / 7 + 1
    case .dayOfWeek: return date.dayOfWeek
    case .localizedDayOfWeek: return date.localizedDayOfWeek
    case .weekBasedYear: return date.week.weekBasedYear
    case .weekOfYear: return date.week.week
    case .weekOfMonth: return date.week.weekOfMonth
    case .modifiedJulianDay: return date.epochDay + 40_587
    case .amPm: return time.hour / 12
    case .hour: return time.hour
    case .clockHour: return time.hour == 0 ? 24 : time.hour
    case .hourOfAmPm: return time.hour % 12
    case .clockHourOfAmPm: return time.hour % 12 == 0 ? 12 : time.hour % 12
    case .minute: return time.minute
    case .second: return time.second
    case .nanosecond: return time.nanosecond
    case .millisecondOfDay: return time.secondOfDay * 1000 + time.nanosecond / 1_000_000
    case .nanosecondOfDay: return time.secondOfDay * 1_000_000_000 + time.nanosecond
    }
  }

  /// The valid values of a time or date field; nil if they are not bounded here.
  var range: ClosedRange<Int64>? {
    switch self {
    case .amPm: 0...1
    case .hour: 0...23
    case .hourOfAmPm: 0...11
    case .clockHour: 1...24
    case .clockHourOfAmPm: 1...12
    case .minute, .second: 0...59
    case .nanosecond: 0...999_999_999
    case .millisecondOfDay: 0...86_399_999
    case .nanosecondOfDay: 0...86_399_999_999_999
    case .month: 1...12
    case .day: 1...31
    case .dayOfYear: 1...366
    default: nil
    }
  }

  /// The names of the values and the lowest value; nil for fields without names.
  func names(_ style: DatePattern.TextStyle) -> (names: [String], first: Int64)? {
    switch self {
    case .era: (DateNames.eras[style.rawValue], 0)
    case .amPm: (style == .narrow ? DateNames.narrowHalves : DateNames.halves, 0)
    case .month: (DateNames.months[style.rawValue], 1)
    case .dayOfWeek: (DateNames.days[style.rawValue], 1)
    case .localizedDayOfWeek: (DateNames.daysFromSunday[style.rawValue], 1)
    case .quarter: (DateNames.quarters[style.rawValue], 1)
    default: nil
    }
  }
}

/// American English names, each full, short and narrow.
private enum DateNames {
  static let eras = [["Before Christ", "Anno Domini"], ["BC", "AD"], ["B", "A"]]
  static let halves = ["AM", "PM"]
  static let narrowHalves = ["a", "p"]
  static let quarters = [
    ["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"], ["Q1", "Q2", "Q3", "Q4"], ["1", "2", "3", "4"],
  ]
  static let months = lengths([
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ])
  static let days = lengths(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"])
  static let daysFromSunday = days.map { [$0[6]] + $0[0..<6] }

  private static func lengths(_ names: [String]) -> [[String]] {
    [names, names.map { String($0.prefix(3)) }, names.map { String($0.prefix(1)) }]
  }
}
