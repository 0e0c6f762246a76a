/// The rule that applies after a zone file's last transition, in the syntax of POSIX's TZ variable:
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
struct ZoneFooter: Equatable {
  /// A yearly clock change: a day and a local time.
  struct Moment: Equatable {
    enum Day: Equatable {
      /// Weekday (0 is Sunday) in the n-th week (5 is the last) of a month.
      case weekday(month: Int, week: Int, weekday: Int)
      /// 1 to 365; 29 February is never counted.
      case dayWithoutLeapDay(Int)
      /// 0 to 365; 29 February is counted.
      case dayOfYear(Int)
    }
    var day: Day
    /// Seconds after midnight; may be negative or exceed a day.
    var seconds: Int64
  }

  struct Daylight: Equatable {
    /// Seconds east of UTC.
    var offset: Int64
    /// Expressed in standard time.
    var start: Moment
    /// Expressed in daylight-saving time.
    var end: Moment
  }

  /// Seconds east of UTC.
  var standard: Int64
  /// nil: the clocks no longer change.
  var daylight: Daylight?

  /// nil if the text is not such a rule.
  init?(_ text: some StringProtocol) {
    var scanner = FooterScanner(bytes: Array(text.utf8))
    guard scanner.name(), let west = scanner.time(hours: 0...24) else { return nil }
    // POSIX counts offsets west of Greenwich as positive.
    standard = -west
    guard !scanner.isAtEnd else { return }
    guard scanner.name() else { return nil }
    // Without an offset of its own, daylight-saving time is one hour ahead (POSIX).
    var offset = standard + 3600
    if scanner.peek != UInt8(ascii: ",") {
      guard let west = scanner.time(hours: 0...24) else { return nil }
      offset = -west
    }
    guard scanner.take(","), let start = scanner.moment(), scanner.take(","), let end = scanner.moment(), scanner.isAtEnd else { return nil }
    daylight = Daylight(offset: offset, start: start, end: end)
  }

  /// The changes in the given years, in chronological order.
  func changes(in years: ClosedRange<Int>) -> [ZoneTable.Change] {
    guard let daylight else { return [] }
    let changes = years.flatMap { year in
      [
        ZoneTable.Change(start: daylight.start.localSeconds(in: year) - standard, offset: daylight.offset, isDaylight: true),
        ZoneTable.Change(start: daylight.end.localSeconds(in: year) - daylight.offset, offset: standard, isDaylight: false),
      ]
    }
    // If daylight-saving time lasts all year, it ends at the moment it begins again: the beginning must come last.
    return changes.sorted { ($0.start, $0.isDaylight ? 1 : 0) < ($1.start, $1.isDaylight ? 1 : 0) }
  }
}

extension ZoneFooter.Moment {
  /// The change in a given year, in local seconds since 1970.
  func localSeconds(in year: Int) -> Int64 { dayNumber(in: year) * 86_400 + seconds }

  private func dayNumber(in year: Int) -> Int64 {
    let newYear = CivilDate(year: year, month: 1, day: 1).daysSince1970
    switch day {
    case .dayOfYear(let day): return newYear + Int64(day)
    case .dayWithoutLeapDay(let day):
      let isLeap = CivilDate(year: year, month: 3, day: 1).daysSince1970 - newYear == 60
      return newYear + Int64(day) - 1 + (isLeap && day > 59 ? 1 : 0)
    case .weekday(let month, let week, let weekday):
      let first = CivilDate(year: year, month: month, day: 1).daysSince1970
      let next = month == 12 ? CivilDate(year: year + 1, month: 1, day: 1) : CivilDate(year: year, month: month + 1, day: 1)
      // 1970-01-01 was a Thursday.
      let firstWeekday = (first + 4).floored(by: 7).remainder
      var day = first + (Int64(weekday) - firstWeekday + 7) % 7 + Int64(week - 1) * 7
      while day >= next.daysSince1970 { day -= 7 }
      return day
    }
  }
}

/// Parses a footer from left to right.
private struct FooterScanner {
  let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }
  var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// A zone abbreviation: `CET`, or bracketed with signs and digits: `<-03>`.
  mutating func name() -> Bool {
    let isBracketed = take("<")
    let start = position
    while let byte = peek, isNamed(byte, isBracketed) { position += 1 }
    guard position - start >= 3 else { return false }
    return !isBracketed || take(">")
  }

  private func isNamed(_ byte: UInt8, _ isBracketed: Bool) -> Bool {
    let isLetter = (65...90).contains(byte) || (97...122).contains(byte)
    return isLetter || isBracketed && ((48...57).contains(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"))
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int? {
    let start = position
    while let byte = peek, (48...57).contains(byte), position - start < 4 { position += 1 }
    guard let value = decimal(bytes[start..<position]), range.contains(value) else { return nil }
    return value
  }

  /// `[+-]hh[:mm[:ss]]` in seconds.
  mutating func time(hours: ClosedRange<Int>) -> Int64? {
    let isNegative = take("-")
    if !isNegative { _ = take("+") }
    guard let hour = number(hours) else { return nil }
    var seconds = hour * 3600
    for unit in [60, 1] where take(":") {
      guard let value = number(0...59) else { return nil }
      seconds += value * unit
    }
    return Int64(isNegative ? -seconds : seconds)
  }

  mutating func moment() -> ZoneFooter.Moment? {
    guard let day = day() else { return nil }
    // RFC 9636 allows times beyond the day, up to a week. The default is 02:00.
    guard take("/") else { return ZoneFooter.Moment(day: day, seconds: 7200) }
    return time(hours: 0...167).map { ZoneFooter.Moment(day: day, seconds: $0) }
  }

  private mutating func day() -> ZoneFooter.Moment.Day? {
    if take("M") {
      guard let month = number(1...12), take("."), let week = number(1...5), take("."), let weekday = number(0...6) else { return nil }
      return .weekday(month: month, week: week, weekday: weekday)
    }
    if take("J") { return number(1...365).map { .dayWithoutLeapDay($0) } }
    return number(0...365).map { .dayOfYear($0) }
  }
}
