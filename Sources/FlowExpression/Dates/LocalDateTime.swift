import FlowBase

/// A date and time of day without a zone, in the proleptic ISO calendar.
struct LocalDateTime: Sendable, Equatable {
  var date: LocalDate
  /// 0 to 86,399.
  var secondOfDay: Int64
  var nanosecond: Int64

  /// - Parameter localSeconds: seconds since 1970-01-01T00:00 on the local clock.
  init(localSeconds: Int64, nanosecond: Int64) {
    let (days, seconds) = localSeconds.floored(by: 86_400)
    date = LocalDate(epochDay: days)
    secondOfDay = seconds
    self.nanosecond = nanosecond
  }

  /// Seconds since 1970-01-01T00:00 on the local clock.
  var localSeconds: Int64 { date.epochDay * 86_400 + secondOfDay }

  var hour: Int64 { secondOfDay / 3600 }
  var minute: Int64 { secondOfDay / 60 % 60 }
  var second: Int64 { secondOfDay % 60 }
}

/// A date of the ISO calendar within Java's range.
struct LocalDate: Sendable, Equatable {
  let year: Int64
  /// 1 to 12.
  let month: Int64
  let day: Int64

  /// nil if the date does not exist.
  init?(year: Int64, month: Int64, day: Int64) {
    guard LocalDate.years.contains(year), (1...12).contains(month), day >= 1,
      day <= LocalDate.length(ofMonth: month, year: year)
    else { return nil }
    self.init(valid: year, month, day)
  }

  private init(valid year: Int64, _ month: Int64, _ day: Int64) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// The range of years in Java.
  static let years: ClosedRange<Int64> = -999_999_999...999_999_999

  /// - Parameter epochDay: days since 1970-01-01.
  init(epochDay: Int64) {
    let date = CivilDate(daysSince1970: epochDay)
    self.init(valid: Int64(date.year), Int64(date.month), Int64(date.day))
  }

  /// Days since 1970-01-01.
  var epochDay: Int64 { CivilDate(year: Int(year), month: Int(month), day: Int(day)).daysSince1970 }

  static func isLeap(_ year: Int64) -> Bool {
    year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
  }

  static func length(ofMonth month: Int64, year: Int64) -> Int64 {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// 1 (Monday) to 7 (Sunday).
  var dayOfWeek: Int64 { (epochDay + 3).floored(by: 7).remainder + 1 }

  /// 1 (Sunday) to 7 (Saturday), as in the US.
  var localizedDayOfWeek: Int64 { dayOfWeek % 7 + 1 }

  var dayOfYear: Int64 { epochDay - LocalDate(valid: year, 1, 1).epochDay + 1 }

  /// The date some months later, with the day clamped to the month's length; nil outside of Java's range.
  func adding(months: Int64) -> LocalDate? {
    let (total, overflows) = (year * 12 + month - 1).addingReportingOverflow(months)
    guard !overflows else { return nil }
    let (year, month) = total.floored(by: 12)
    guard LocalDate.years.contains(year) else { return nil }
    return LocalDate(valid: year, month + 1, min(day, LocalDate.length(ofMonth: month + 1, year: year)))
  }

  /// The US week: it starts on Sunday, and the week of January 1 is the first.
  var week: (weekBasedYear: Int64, week: Int64, weekOfMonth: Int64) {
    let startOfWeek = epochDay - (localizedDayOfWeek - 1)
    let startOfNext = LocalDate.firstWeekStart(year: year + 1)
    let isNext = epochDay >= startOfNext
    let first = isNext ? startOfNext : LocalDate.firstWeekStart(year: year)
    let firstOfMonth = LocalDate(valid: year, month, 1)
    let monthStart = firstOfMonth.epochDay - (firstOfMonth.localizedDayOfWeek - 1)
    return (isNext ? year + 1 : year, (startOfWeek - first) / 7 + 1, (startOfWeek - monthStart) / 7 + 1)
  }

  /// The Sunday that starts the week of January 1.
  static func firstWeekStart(year: Int64) -> Int64 {
    let first = LocalDate(valid: year, 1, 1)
    return first.epochDay - (first.localizedDayOfWeek - 1)
  }
}
