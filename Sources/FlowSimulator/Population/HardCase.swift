/// Conditions of real life that only occur on request: each changes the truth of the default population.
///
/// The affected participant is the same in every population that is large enough, and is otherwise regular.
package enum HardCase: String, Sendable, CaseIterable {
  /// P0002 flies from Berlin to New York, five hours after the initial simulated time: one local day has 30 hours.
  case zoneChangeWest = "zone-change-west"
  /// P0012 flies from Los Angeles to Berlin at the same time: one local day has 22 hours.
  case zoneChangeEast = "zone-change-east"
  /// P0003: the last complete local day has higher steps and heart rates until a sync six hours later, and lower ones
  /// afterwards.
  case revisedLower = "revised-lower"
  /// P0006: 45 minutes of that day are missing from that sync on.
  case deletedLater = "deleted-later"
  /// P0009 syncs every nine days, but the tracker keeps minutes for seven: two days of minutes are lost, but not their
  /// totals.
  case lateSync = "late-sync"

  /// The participant's number modulo 25.
  package var number: Int {
    switch self {
    case .zoneChangeWest: 2
    case .zoneChangeEast: 12
    case .revisedLower: 3
    case .deletedLater: 6
    case .lateSync: 9
    }
  }

  /// The destination zone of a journey.
  var destination: String? {
    switch self {
    case .zoneChangeWest: "America/New_York"
    case .zoneChangeEast: "Europe/Berlin"
    default: nil
    }
  }

  /// Seconds from the initial simulated time to a journey.
  static let departureSeconds = 5 * 3600
  /// Seconds from the initial simulated time to the revision of a day.
  static let revisionSeconds = 6 * 3600
  /// How long a tracker keeps minutes, in seconds.
  static let trackerMemorySeconds = 7 * 86_400
}

/// A later change of data that was already delivered.
struct Revision: Sendable {
  enum Kind: Sendable {
    /// Has higher steps and heart rates before.
    case inflatedBefore
    /// Is missing afterwards.
    case deletedAfter
  }

  let kind: Kind
  let instants: Range<Int>
  /// The change is visible from the first sync at or after this instant.
  let instant: Int

  /// - Parameter now: the initial simulated time.
  init?(_ hardCase: HardCase?, zone: ZoneRules, now: Int) {
    let day = zone.instants(of: zone.day(at: now - 86_400))
    switch hardCase {
    case .revisedLower: (kind, instants) = (.inflatedBefore, day)
    case .deletedLater: (kind, instants) = (.deletedAfter, day.lowerBound + 10 * 3600..<day.lowerBound + 10 * 3600 + 2700)
    case .zoneChangeWest, .zoneChangeEast, .lateSync, nil: return nil
    }
    instant = now + HardCase.revisionSeconds
  }
}
