/// A time zone by its IANA name, with its offsets: the only place that interprets local times.
package struct CivilZone: Sendable {
  /// Where the rules come from.
  package enum Origin: Sendable, Equatable {
    /// The system's zone files, which distributions keep current; also fixed offsets, which have no rules.
    case system
    /// The rules compiled into the toolchain, which go out of date; with the reason for using them.
    case toolchain(reason: String)
  }

  package let name: String
  package let origin: Origin
  package let table: ZoneTable

  package init(name: String, origin: Origin = .system, table: ZoneTable) {
    self.name = name
    self.origin = origin
    self.table = table
  }

  package static let utc = CivilZone(name: "UTC", table: ZoneTable(fixed: 0))

  /// Seconds east of UTC at an instant (seconds since 1970).
  package func utcOffset(at instant: Int64) -> Int64 { table.change(at: instant).offset }

  package func isDaylight(at instant: Int64) -> Bool { table.change(at: instant).isDaylight }

  /// The earliest instant that a local time (seconds since 1970-01-01T00:00 on the zone's clock) can mean. In the
  /// repeated hour of autumn, that is the first occurrence; in the skipped hour of spring, the local time is read with
  /// the offset before the change.
  package func earliestInstant(local: Int64) -> Int64 { Self.earliestInstant(local: local) { utcOffset(at: $0) } }

  package func earliestInstant(local: Instant) -> Instant {
    let seconds = local.seconds
    return Instant(milliseconds: local.milliseconds + (earliestInstant(local: seconds) - seconds) * 1000)
  }

  /// The same for any offset function, such as that of a person who changes zones.
  package static func earliestInstant(local: Int64, utcOffset: (Int64) -> Int64) -> Int64 {
    // No zone is more than a day away from UTC, so one of these two offsets applies at the instant in question.
    let candidates = (local - utcOffset(local - 86_400), local - utcOffset(local + 86_400))
    let (earlier, later) = (min(candidates.0, candidates.1), max(candidates.0, candidates.1))
    if earlier + utcOffset(earlier) == local { return earlier }
    return later + utcOffset(later) == local ? later : earlier
  }

  /// `+05:30`, `-07:00`; with seconds if they are not zero.
  package static func text(ofOffset seconds: Int64) -> String {
    let whole = Int(abs(seconds))
    let text = "\(seconds < 0 ? "-" : "+")\(padded(whole / 3600, 2)):\(padded(whole / 60 % 60, 2))"
    return whole % 60 == 0 ? text : text + ":\(padded(whole % 60, 2))"
  }
}
