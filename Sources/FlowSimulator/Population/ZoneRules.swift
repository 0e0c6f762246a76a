import FlowCore

/// A time zone's offsets over the simulated years, as a plain table. It is consulted for every minute, where a
/// Foundation call would be too slow.
package struct ZoneRules: Sendable {
  /// The IANA name, such as `Australia/Lord_Howe`; for a participant who moves, the first zone.
  package let name: String
  private let changes: [Change]
  private let journey: Journey?

  /// A move to another zone.
  private struct Journey {
    let instant: Int
    let name: String
    let changes: [Change]
  }

  private struct Change {
    /// When the offset takes effect, in seconds since 1970.
    let start: Int
    /// Seconds east of UTC.
    let offset: Int
  }

  /// Reads the system's zone files, like flowrun itself. nil if the name is unknown.
  /// - Parameter span: the instants with exact offsets; outside of it, the nearest offset is used.
  package init?(_ name: String, over span: Range<Int>) {
    guard let zone = ZoneDatabase.system.zone(name) else { return nil }
    self.name = name
    let first = Change(start: .min, offset: Int(zone.utcOffset(at: Int64(span.lowerBound))))
    let inside = zone.table.changes.filter { $0.start > Int64(span.lowerBound) && $0.start < Int64(span.upperBound) }
    // Skip changes of the abbreviation that keep the offset.
    changes = inside.reduce(into: [first]) { changes, change in
      guard changes.last?.offset != Int(change.offset) else { return }
      changes.append(Change(start: Int(change.start), offset: Int(change.offset)))
    }
    journey = nil
  }

  private init(_ name: String, _ changes: [Change], _ journey: Journey? = nil) {
    self.name = name
    self.changes = changes
    self.journey = journey
  }

  /// The clock of a person who lives here until `instant`, and then in another zone.
  func leaving(at instant: Int, for other: ZoneRules) -> ZoneRules {
    let before = changes.filter { $0.start < instant }
    let arrival = Change(start: instant, offset: other.offset(at: instant))
    let after = other.changes.filter { $0.start > instant }
    return ZoneRules(name, before + [arrival] + after, Journey(instant: instant, name: other.name, changes: other.changes))
  }

  /// The zone of the person's profile at an instant, extended over all time: the provider uses it for times without an
  /// offset.
  func profileZone(at instant: Int) -> ZoneRules {
    guard let journey else { return self }
    guard instant >= journey.instant else { return ZoneRules(name, changes.filter { $0.start < journey.instant }) }
    return ZoneRules(journey.name, journey.changes)
  }

  package static let utc = ZoneRules("UTC", [Change(start: .min, offset: 0)])

  /// Seconds east of UTC at an instant.
  @inline(__always)
  package func offset(at instant: Int) -> Int {
    var index = changes.count - 1
    while changes[index].start > instant { index -= 1 }
    return changes[index].offset
  }

  /// The local day of an instant.
  package func day(at instant: Int) -> CivilDate {
    CivilDate(dayNumber: (instant + offset(at: instant)).flooredDivision(by: 86_400))
  }

  /// From local midnight to the next: 23, 24 or 25 hours; on Lord Howe, half an hour more or less than 24.
  package func instants(of day: CivilDate) -> Range<Int> {
    instant(atLocal: day.dayNumber * 86_400)..<instant(atLocal: (day.dayNumber + 1) * 86_400)
  }

  /// A range of instants that contains all whose local time is in `local`; it may contain others (repeated hours).
  package func instants(covering local: Range<Int>) -> Range<Int> {
    let offsets = changes.map(\.offset)
    return local.lowerBound - (offsets.max() ?? 0)..<local.upperBound - (offsets.min() ?? 0)
  }

  /// The earliest instant whose local time is at or after `local`; in a gap, its end.
  func instant(atLocal local: Int) -> Int {
    for (index, change) in changes.enumerated() {
      let end = index + 1 < changes.count ? changes[index + 1].start : .max
      if end == .max || end + change.offset > local {
        return max(change.start, local - change.offset)
      }
    }
    preconditionFailure("a zone has at least one offset")
  }
}
