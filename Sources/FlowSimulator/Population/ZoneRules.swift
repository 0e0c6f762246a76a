import FlowCore

/// The offsets of a person's time zone over the simulated years, as a plain table: asked for every minute, it must not cost a Foundation call.
package struct ZoneRules: Sendable {
  /// The name in the IANA database, such as `Australia/Lord_Howe`; of somebody who moves, where he lived at first.
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
    /// The first instant at which the offset holds, seconds since 1970.
    let start: Int
    /// Seconds east of UTC.
    let offset: Int
  }

  /// From the system's zone files, as the program that is simulated for reads them. Nil when they do not know the name.
  /// - Parameter span: the instants for which exact offsets are wanted; outside it the nearest one is used.
  package init?(_ name: String, over span: Range<Int>) {
    guard let zone = ZoneDatabase.system.zone(name) else { return nil }
    self.name = name
    let first = Change(start: .min, offset: Int(zone.utcOffset(at: Int64(span.lowerBound))))
    let inside = zone.table.changes.filter { $0.start > Int64(span.lowerBound) && $0.start < Int64(span.upperBound) }
    // A change of name alone leaves the clock as it is.
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

  /// The clock of somebody who lives here until `instant`, and in another zone from then on.
  func leaving(at instant: Int, for other: ZoneRules) -> ZoneRules {
    let before = changes.filter { $0.start < instant }
    let arrival = Change(start: instant, offset: other.offset(at: instant))
    let after = other.changes.filter { $0.start > instant }
    return ZoneRules(name, before + [arrival] + after, Journey(instant: instant, name: other.name, changes: other.changes))
  }

  /// The zone that the person's profile names at an instant, over all time: what comes without an offset is told in it.
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

  /// The local day that an instant belongs to.
  package func day(at instant: Int) -> CivilDate {
    CivilDate(dayNumber: (instant + offset(at: instant)).flooredDivision(by: 86_400))
  }

  /// From local midnight to the next: 23, 24 or 25 hours, half an hour more or less on Lord Howe.
  package func instants(of day: CivilDate) -> Range<Int> {
    instant(atLocal: day.dayNumber * 86_400)..<instant(atLocal: (day.dayNumber + 1) * 86_400)
  }

  /// A span of instants that holds every one whose local time lies in `local` (it may hold others: an hour that occurs twice).
  package func instants(covering local: Range<Int>) -> Range<Int> {
    let offsets = changes.map(\.offset)
    return local.lowerBound - (offsets.max() ?? 0)..<local.upperBound - (offsets.min() ?? 0)
  }

  /// The earliest instant whose local time is at or after `local`; a local time inside a spring gap gives the gap's end.
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
