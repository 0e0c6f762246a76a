/// The fields of dates and times a pattern can name.
enum DateField: Sendable, Hashable {
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

  /// The values a field of a time may have.
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

  /// The names of the values, from the lowest value on; full, short and narrow.
  func names(_ style: DatePattern.TextStyle) -> (names: [String], first: Int64)? {
    switch self {
    case .era:
      let names = [["Before Christ", "Anno Domini"], ["BC", "AD"], ["B", "A"]]
      return (names[style.rawValue], 0)
    case .amPm: return (style == .narrow ? ["a", "p"] : ["AM", "PM"], 0)
    case .month: return (DateField.shortened(DateField.monthNames, style), 1)
    case .dayOfWeek: return (DateField.shortened(DateField.dayNames, style), 1)
    case .localizedDayOfWeek:
      let names = DateField.shortened(DateField.dayNames, style)
      return ([names[6]] + names[0..<6], 1)
    case .quarter:
      let names = [
        ["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"], ["Q1", "Q2", "Q3", "Q4"], ["1", "2", "3", "4"],
      ]
      return (names[style.rawValue], 1)
    default: return nil
    }
  }

  private static let monthNames = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]

  private static let dayNames = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

  private static func shortened(_ names: [String], _ style: DatePattern.TextStyle) -> [String] {
    switch style {
    case .full: names
    case .short: names.map { String($0.prefix(3)) }
    case .narrow: names.map { String($0.prefix(1)) }
    }
  }
}
