import FlowCore

/// A zone's civil time: offsets and the instants at which days begin.
package struct ZoneClock: Sendable {
  private let zone: CivilZone
  package var name: String { zone.name }
  /// Whose rules these are.
  package var origin: CivilZone.Origin { zone.origin }

  package static let utc = ZoneClock(.utc)

  package init(_ zone: CivilZone) { self.zone = zone }

  /// nil: no zone of that name.
  package init?(_ name: String, in zones: ZoneDatabase = .system) {
    guard let zone = zones.zone(name) else { return nil }
    self.init(zone)
  }

  /// Seconds east of UTC at an instant (seconds since 1970).
  package func utcOffset(at instant: Int64) -> Int64 { zone.utcOffset(at: instant) }

  /// The civil date at an instant.
  package func date(at instant: Int64) -> CivilDate {
    CivilDate(daysSince1970: (instant + utcOffset(at: instant)).flooredDivision(by: 86_400))
  }

  /// Civil time of day at an instant as `HH:mm`.
  package func timeOfDay(at instant: Int64) -> String {
    let local = instant + utcOffset(at: instant)
    let minute = Int((local - local.flooredDivision(by: 86_400) * 86_400) / 60)
    return "\(padded(minute / 60, 2)):\(padded(minute % 60, 2))"
  }

  /// The first instant of a civil day. Where midnight comes twice, the first; where it is skipped, the moment of the leap.
  package func startOfDay(_ date: CivilDate) -> Int64 {
    let midnight = date.daysSince1970 * 86_400
    // A transition of the day itself lies between these two offsets; no zone has moved by more than a day at once.
    let offsets = [utcOffset(at: midnight - 86_400), utcOffset(at: midnight + 86_400)]
    let exact = offsets.map { midnight - $0 }.filter { utcOffset(at: $0) == midnight - $0 }
    return exact.min() ?? firstInstant(of: date, around: midnight - offsets[0])
  }

  /// The instant at which the civil day of an instant ends: the beginning of the next.
  package func endOfDay(at instant: Int64) -> Int64 { startOfDay(date(at: instant).advanced(byDays: 1)) }

  /// Midnight does not exist: search for the leap. The date only grows over a leap forward.
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
