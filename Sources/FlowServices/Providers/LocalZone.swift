import FlowCore
import Foundation

/// A time zone of the system's database, for local times that a provider writes without an offset.
struct LocalZone: Sendable {
  let name: String
  private let zone: TimeZone

  /// nil for a name that the system's database does not have.
  init?(_ name: String) {
    guard !name.isEmpty, name.utf8.count <= 64, let zone = TimeZone(identifier: name) else { return nil }
    self.name = name
    self.zone = zone
  }

  /// Seconds east of UTC.
  func offsetSeconds(at instant: Instant) -> Int64 {
    Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000)))
  }

  /// The earliest instant that a local time can mean: in the hour that autumn repeats the first one, in the hour that spring leaves
  /// out the one before the change. For a latest sync the earlier claims less, and what it leaves out the next run collects.
  func earliestInstant(local: Instant) -> Instant {
    // No zone is further than 14 hours from UTC, so one of these two offsets holds at the instant that is meant.
    let offsets = [-14, 14].map { hours in offsetSeconds(at: local + .seconds(hours * 3600)) }
    let candidates = offsets.map { local - .seconds($0) }
    let exact = zip(candidates, offsets).filter { offsetSeconds(at: $0) == $1 }.map(\.0)
    return exact.min() ?? candidates.min() ?? local
  }
}
