import FlowBase

/// One simulated person: zone, devices, and when the tracker syncs. What was measured follows in `MinuteReader`.
package struct SimulatedParticipant: Sendable {
  /// 1 for P0001.
  package let number: Int
  package let name: String
  package let zone: ZoneRules
  package let oddity: Oddity
  package let hardCase: HardCase?
  let revision: Revision?
  package let dice: SeededDice
  /// From when data are wanted, seconds since 1970; seldom a whole minute.
  package let enrolled: Int
  /// The first instant at which the tracker measured; `.max` when nobody wears one.
  package let wornFrom: Int
  package let hasAltimeter: Bool
  package let heartRateZones: HeartRateZones
  /// Kilocalories that the body burns in a day at rest.
  package let basalCalories: Int
  /// Centimetres of a step.
  package let strideCentimetres: Int
  package let dense: Bool
  private let syncIntervalSeconds: Int
  private let syncPhaseSeconds: Int

  /// What sets a participant apart. Each occurs once in 25 participants; the others are plain.
  package enum Oddity: String, Sendable, CaseIterable {
    case plain
    /// A scale stands first in the list of devices and synced later than the tracker.
    case scaleFirst
    /// An old tracker stands first; only the second one is worn.
    case twoTrackers
    /// No device is paired.
    case noDevice
    /// A tracker that never synced.
    case neverSynced
    /// First worn a few minutes after local midnight of the second local day.
    case firstWornAfterLocalMidnight
    /// First worn a few minutes after midnight UTC of the second day.
    case firstWornAfterMidnightUTC
    /// Syncs every 20 hours.
    case rarelySyncs
    /// Left the tracker in a drawer on the second local day.
    case dayNotWorn
    /// Wore it for a few hours on the second local day.
    case dayPartlyWorn
  }

  /// - Parameters:
  ///   - now: where the simulated clock begins.
  init(number: Int, zone: ZoneRules, dice: SeededDice, dense: Bool, hardCase: HardCase?, now: Int) {
    self.number = number
    self.hardCase = hardCase
    revision = Revision(hardCase, zone: zone, now: now)
    self.zone = zone
    self.dice = dice
    self.dense = dense
    name = "P" + padded(number, 4)
    oddity = dense ? .plain : Self.oddities[number % 25] ?? .plain
    let traits = dice.fork(Purpose.traits)
    let start = Population.start
    enrolled = dense || number % 4 != 1 ? start : start + traits.below(3000, at: 0)
    wornFrom = Self.wornFrom(oddity, zone: zone, traits: traits)
    hasAltimeter = number % 5 != 3
    heartRateZones = HeartRateZones(age: 22 + traits.below(50, at: 1))
    basalCalories = 1350 + traits.below(700, at: 2)
    strideCentimetres = 64 + traits.below(18, at: 3)
    if dense {
      (syncIntervalSeconds, syncPhaseSeconds) = (3600, 0)
    } else if hardCase == .lateSync {
      // The first sync is two hours after everything begins.
      let interval = 9 * 86_400
      (syncIntervalSeconds, syncPhaseSeconds) = (interval, (start + 7200) % interval)
    } else {
      let interval = oddity == .rarelySyncs ? 20 * 3600 : [900, 3600, 4 * 3600, 8 * 3600][traits.below(4, at: 4)]
      (syncIntervalSeconds, syncPhaseSeconds) = (interval, traits.below(interval, at: 5))
    }
  }

  /// Seconds since 1970 of the last sync of the tracker up to `now`; nil when it never synced or there is none.
  package func latestSync(now: Int) -> Int? {
    guard oddity != .noDevice, oddity != .neverSynced else { return nil }
    let sync = (now - syncPhaseSeconds).flooredDivision(by: syncIntervalSeconds) * syncIntervalSeconds + syncPhaseSeconds
    return sync >= wornFrom ? sync : nil
  }

  /// The version by which a phone is listed among the devices, as a tracker.
  static let phoneName = "MobileTrack"

  /// When the participant's phone synced, if it is listed: all the time, whatever the tracker does.
  func phoneSync(now: Int) -> Int? { !dense && number % 3 == 2 && oddity != .noDevice ? now - 47 : nil }

  /// Whether the minute had left the tracker's memory when it synced next.
  @inline(__always)
  func hasLost(minute instant: Int) -> Bool {
    guard syncIntervalSeconds > HardCase.trackerMemorySeconds else { return false }
    let nextSync = ((instant - syncPhaseSeconds).flooredDivision(by: syncIntervalSeconds) + 1) * syncIntervalSeconds + syncPhaseSeconds
    return nextSync - instant > HardCase.trackerMemorySeconds
  }

  private static let oddities: [Int: Oddity] = [
    4: .scaleFirst, 5: .dayNotWorn, 7: .twoTrackers, 8: .dayPartlyWorn, 11: .noDevice, 14: .neverSynced,
    17: .firstWornAfterLocalMidnight, 20: .firstWornAfterMidnightUTC, 22: .rarelySyncs,
  ]

  private static func wornFrom(_ oddity: Oddity, zone: ZoneRules, traits: SeededDice) -> Int {
    let minutesAfter = 60 * (1 + traits.below(4, at: 6))
    switch oddity {
    case .noDevice, .neverSynced: return .max
    case .firstWornAfterLocalMidnight:
      let secondDay = CivilDate(dayNumber: zone.day(at: Population.start).dayNumber + 1)
      return zone.instants(of: secondDay).lowerBound + minutesAfter
    case .firstWornAfterMidnightUTC: return Population.start + 86_400 + minutesAfter
    default: return Population.start - 30 * 86_400
    }
  }
}

/// The labels by which dice are forked, so that no two purposes share a number.
enum Purpose {
  static let traits = 1
  static let dayPlans = 2
  static let heart = 3
  static let mood = 4
  static let steps = 5
  static let activity = 6
  static let tokens = 7
  static let faults = 8
  static let pages = 9
  static let intervals = 10
  static let nights = 11
}

/// The four zones of the heart rate by which the provider counts minutes. A zone holds `lower..<upper`.
package struct HeartRateZones: Sendable {
  package struct Zone: Sendable {
    package let name: String
    package let lower: Int
    package let upper: Int
    /// Hundredths of a kilocalorie per minute.
    let caloriesPerMinute: Int
  }

  package let zones: [Zone]

  init(age: Int) {
    let maximum = 220 - age
    let edges = [30, maximum / 2, maximum * 7 / 10, maximum * 85 / 100, 220]
    let names = ["Out of Range", "Fat Burn", "Cardio", "Peak"]
    let calories = [137, 503, 811, 1187]
    zones = names.indices.map {
      Zone(name: names[$0], lower: edges[$0], upper: edges[$0 + 1], caloriesPerMinute: calories[$0])
    }
  }

  /// The Google Health API's names of the same zones.
  static let googleNames = ["LIGHT", "MODERATE", "VIGOROUS", "PEAK"]

  /// The index of the zone that a rate falls in.
  @inline(__always)
  func index(of rate: Int) -> Int {
    rate < zones[1].lower ? 0 : rate < zones[2].lower ? 1 : rate < zones[3].lower ? 2 : 3
  }
}
