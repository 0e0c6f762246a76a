import Foundation

/// The offsets of one time zone over the simulated years, as a plain table: asked for every minute, it must not cost a Foundation call.
package struct ZoneRules: Sendable {
  /// The name in the IANA database, such as `Australia/Lord_Howe`.
  package let name: String
  private let changes: [Change]

  private struct Change {
    /// The first instant at which the offset holds, seconds since 1970.
    let start: Int
    /// Seconds east of UTC.
    let offset: Int
  }

  /// Reads the system's zone database. Nil when it does not know the name.
  /// - Parameter span: the instants for which exact offsets are wanted; outside it the nearest one is used.
  package init?(_ name: String, over span: Range<Int>) {
    guard let zone = TimeZone(identifier: name) else { return nil }
    self.name = name
    var instant = Date(timeIntervalSince1970: TimeInterval(span.lowerBound))
    var changes = [Change(start: .min, offset: zone.secondsFromGMT(for: instant))]
    while let next = zone.nextDaylightSavingTimeTransition(after: instant), next > instant,
      Int(next.timeIntervalSince1970) < span.upperBound
    {
      changes.append(Change(start: Int(next.timeIntervalSince1970), offset: zone.secondsFromGMT(for: next)))
      instant = next
    }
    self.changes = changes
  }

  private init(utc: Void) {
    name = "UTC"
    changes = [Change(start: .min, offset: 0)]
  }

  package static let utc = ZoneRules(utc: ())

  /// Seconds east of UTC at an instant.
  @inline(__always)
  package func offset(at instant: Int) -> Int {
    var index = changes.count - 1
    while changes[index].start > instant { index -= 1 }
    return changes[index].offset
  }

  /// The local day that an instant belongs to.
  package func day(at instant: Int) -> CivilDate {
    CivilDate(dayNumber: floorDivide(instant + offset(at: instant), 86_400))
  }

  /// From local midnight to the next: 23, 24 or 25 hours, half an hour more or less on Lord Howe.
  package func instants(of day: CivilDate) -> Range<Int> {
    firstInstant(atLocal: day.dayNumber * 86_400)..<firstInstant(atLocal: (day.dayNumber + 1) * 86_400)
  }

  /// A span of instants that holds every one whose local time lies in `local` (it may hold others: an hour that occurs twice).
  package func instants(covering local: Range<Int>) -> Range<Int> {
    let offsets = changes.map(\.offset)
    return local.lowerBound - (offsets.max() ?? 0)..<local.upperBound - (offsets.min() ?? 0)
  }

  /// The earliest instant whose local time is at or after `local`; a local time inside a spring gap gives the gap's end.
  private func firstInstant(atLocal local: Int) -> Int {
    for (index, change) in changes.enumerated() {
      let end = index + 1 < changes.count ? changes[index + 1].start : .max
      if end == .max || end + change.offset > local {
        return max(change.start, local - change.offset)
      }
    }
    preconditionFailure("a zone has at least one offset")
  }
}
