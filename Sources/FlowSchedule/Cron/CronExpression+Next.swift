import FlowBase

/// When an expression is due.
extension CronExpression {
  /// The first due instant after the given one, by the clocks of a zone.
  ///
  /// When the clocks of the zone change, it does what cron does:
  /// - A job with a fixed time of day, where neither minute nor hour begins with `*`: if its time is skipped, it is due at the end of the
  ///   gap, once, however many of its times the gap holds; if its time is repeated, it is due the first time only.
  /// - Any other job follows the clock on the wall: it is not due in the skipped hour, and in the repeated hour both times.
  ///
  /// A job never comes due twice at the same instant.
  package func next(after instant: Instant, in zone: CivilZone) -> Instant {
    var from = instant.seconds + 1
    // Each round ends at a change of the offset. A day that matches comes within 400 years, and no table has that many changes a year.
    for _ in 0..<100_000 {
      let segment = zone.table.segment(at: from)
      if let due = firstDue(from: from, in: segment) { return Instant(seconds: due) }
      guard let end = segment.end else { break }
      from = end
    }
    preconditionFailure("the expression '\(text)' is never due, which its reader refuses")
  }

  /// The first due second from the given one on while an offset applies; nil if there is none.
  private func firstDue(from: Int64, in segment: ZoneTable.Segment) -> Int64? {
    var local = from + segment.offset
    if hasFixedTime, let previous = segment.previousOffset {
      // Where the clock stood when the offset changed.
      let before = segment.start + previous
      if segment.offset > previous, from == segment.start, let skipped = nextLocal(from: before), skipped < segment.start + segment.offset { return from }
      // What the clock has shown before is repeated.
      local = max(local, before)
    }
    guard let next = nextLocal(from: local) else { return nil }
    let due = next - segment.offset
    return segment.end.map { due < $0 } ?? true ? due : nil
  }

  /// The first whole minute of a clock that matches, from the given time on; both are seconds since 1970-01-01T00:00 on that clock. nil if
  /// there is none within the 400 years after which the calendar repeats.
  private func nextLocal(from local: Int64) -> Int64? {
    let minute = (local + 59).flooredDivision(by: 60)
    let (dayNumber, minuteOfDay) = minute.floored(by: 1440)
    let day = CivilDate(daysSince1970: dayNumber)
    if matches(day), let found = firstTime(fromMinute: Int(minuteOfDay)) { return dayNumber * 86_400 + Int64(found) * 60 }
    guard let later = nextDay(from: day.advanced(byDays: 1)), let found = firstTime(fromMinute: 0) else { return nil }
    return later.daysSince1970 * 86_400 + Int64(found) * 60
  }

  /// The first time of day that matches, in minutes after midnight.
  private func firstTime(fromMinute start: Int) -> Int? {
    guard let hour = hours.first(from: start / 60) else { return nil }
    if hour == start / 60, let minute = minutes.first(from: start % 60) { return hour * 60 + minute }
    guard let later = hour == start / 60 ? hours.first(from: hour + 1) : hour, let minute = minutes.first(from: 0) else { return nil }
    return later * 60 + minute
  }

  /// The first day that matches, from the given one on; nil if there is none within 400 years.
  func nextDay(from start: CivilDate) -> CivilDate? {
    var day = start
    while day.year <= start.year + 400 {
      if months.contains(day.month) {
        if matches(day) { return day }
        day = day.advanced(byDays: 1)
      } else {
        day = CivilMonth(of: day).next.firstDay
      }
    }
    return nil
  }
}
