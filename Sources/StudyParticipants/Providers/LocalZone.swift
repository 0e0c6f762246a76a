import FlowCore

/// A zone for local times that a provider writes without an offset.
struct LocalZone: Sendable {
  private let zone: CivilZone
  var name: String { zone.name }

  /// nil for a name that is not a zone's.
  init?(_ name: String) {
    guard let zone = ZoneDatabase.system.zone(name) else { return nil }
    self.zone = zone
  }

  /// Seconds east of UTC.
  func offsetSeconds(at instant: Instant) -> Int64 { zone.utcOffset(at: instant.seconds) }

  /// The earliest instant that a local time can mean. For a latest sync the earlier claims less, and what it leaves out the next run
  /// collects.
  func earliestInstant(local: Instant) -> Instant {
    let seconds = local.seconds
    return Instant(milliseconds: local.milliseconds + (zone.earliestInstant(local: seconds) - seconds) * 1000)
  }
}
