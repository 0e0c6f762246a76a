/// Trouble of real life that nobody has unless it is asked for: each changes what the default people's truth would be.
///
/// The person is the same in every population that is large enough, and plain otherwise.
package enum HardCase: String, Sendable, CaseIterable {
  /// P0002 flies from Berlin to New York, five hours after simulated now began: one local day of 30 hours.
  case zoneChangeWest = "zone-change-west"
  /// P0012 flies from Los Angeles to Berlin at the same time: one local day of 22 hours.
  case zoneChangeEast = "zone-change-east"
  /// P0003: the last local day before simulated now began has more steps and beats until a sync six hours later, and lower ones from then on.
  case revisedLower = "revised-lower"
  /// P0006: three quarters of an hour of that day are gone from that sync on.
  case deletedLater = "deleted-later"
  /// P0009 syncs every nine days, and the tracker keeps minutes for seven: two days of minutes are lost for good, their totals are not.
  case lateSync = "late-sync"

  /// The number of the person, in every 25.
  package var number: Int {
    switch self {
    case .zoneChangeWest: 2
    case .zoneChangeEast: 12
    case .revisedLower: 3
    case .deletedLater: 6
    case .lateSync: 9
    }
  }

  /// Where a journey ends.
  var destination: String? {
    switch self {
    case .zoneChangeWest: "America/New_York"
    case .zoneChangeEast: "Europe/Berlin"
    default: nil
    }
  }

  /// Seconds after simulated now began at which a journey takes place.
  static let departureSeconds = 5 * 3600
  /// Seconds after simulated now began at which a day is revised.
  static let revisionSeconds = 6 * 3600
  /// Seconds for which a tracker keeps minutes.
  static let trackerMemorySeconds = 7 * 86_400
}

/// What later happens to a stretch of time that was already told.
struct Revision: Sendable {
  enum Kind: Sendable {
    /// Until then it has more steps and beats.
    case inflatedBefore
    /// From then on it is gone.
    case deletedAfter
  }

  let kind: Kind
  let instants: Range<Int>
  /// The sync at or after which it has happened.
  let instant: Int

  /// - Parameter now: where the simulated clock begins.
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
