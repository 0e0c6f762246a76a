/// Dates and times of day in a zone, and the boundaries of its days.
extension CivilZone {
  /// The system's zone with this name; nil if there is none.
  package init?(_ name: String) {
    guard let zone = ZoneDatabase.system.zone(name) else { return nil }
    self = zone
  }

  /// The civil date at an instant (seconds since 1970).
  package func date(at instant: Int64) -> CivilDate {
    CivilDate(daysSince1970: (instant + utcOffset(at: instant)).flooredDivision(by: 86_400))
  }

  /// Civil time of day at an instant as `HH:mm`.
  package func timeOfDay(at instant: Int64) -> String {
    let minute = Int((instant + utcOffset(at: instant)).floored(by: 86_400).remainder / 60)
    return "\(padded(minute / 60, 2)):\(padded(minute % 60, 2))"
  }

  /// The first instant of a civil day. If midnight occurs twice, the first occurrence; if it is skipped, the moment of
  /// the change.
  package func startOfDay(_ date: CivilDate) -> Int64 {
    let midnight = date.daysSince1970 * 86_400
    let start = earliestInstant(local: midnight)
    return start + utcOffset(at: start) == midnight ? start : firstInstant(of: date, around: midnight - utcOffset(at: midnight - 86_400))
  }

  /// The end of the civil day that contains an instant: the start of the next day.
  package func endOfDay(at instant: Int64) -> Int64 { startOfDay(date(at: instant).advanced(byDays: 1)) }

  /// Midnight was skipped, so search for the change of offset. The binary search is valid because a forward change
  /// never moves the date back.
  private func firstInstant(of day: CivilDate, around guess: Int64) -> Int64 {
    var before = guess - 86_400
    var after = guess + 86_400
    while after - before > 1 {
      let middle = before + (after - before) / 2
      if date(at: middle) < day { before = middle } else { after = middle }
    }
    return after
  }
}
