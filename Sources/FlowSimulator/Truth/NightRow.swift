import FlowBase

/// A sleep in a complete collection.
package struct NightRow: Sendable, Equatable {
  /// The provider's id: `logId`, or the end of a data point's name.
  package let number: Int
  /// The local day on which the sleep ended.
  package let date: String
  /// Seconds since 1970, UTC.
  package let start: Int
  package let end: Int
  package let isMain: Bool
  /// Whether it has stages; otherwise there are only asleep, restless and awake.
  package let hasStages: Bool
  /// Not processed yet: it has neither stages nor minutes.
  package let isPending: Bool
  package let minutesInBed: Int
  package let minutesAsleep: Int
  package let minutesAwake: Int
  /// Whole minutes of `deep`, `light`, `rem` and `wake`, or of `asleep`, `restless` and `awake`.
  package let minutes: [String: Int]
  package let stages: [Stage]
  /// Only for the main sleep of a day, once it is processed.
  package let measured: Measured?

  package struct Stage: Sendable, Equatable {
    package let start: Int
    package let seconds: Int
    /// Fitbit's name; Google's is the same in capitals, except `AWAKE` for `wake`.
    package let level: String
  }

  /// Measurements during the night.
  package struct Measured: Sendable, Equatable {
    /// Milliseconds.
    package let heartRateVariability: Double
    package let deepHeartRateVariability: Double
    /// Per cent.
    package let oxygenAverage: Double
    package let oxygenLowest: Double
    package let oxygenHighest: Double
    /// Breaths per minute.
    package let breathingRate: Double
    /// Degrees Celsius relative to the baseline; only in the Fitbit Web API.
    package let relativeTemperature: Double
    /// Degrees Celsius; only in the Google Health API.
    package let temperature: Double
  }
}

extension Truth {
  /// The sleeps of a participant that ended on a local day of the window, by day, the later one first. Empty without
  /// the scope.
  package func nights(of participant: SimulatedParticipant) -> [NightRow] {
    guard let window = window(of: participant), consent.allows(Scope.sleep, for: participant),
      let nights = Nights(of: participant, now: now)
    else { return [] }
    let days = participant.zone.day(at: window.lowerBound).dayNumber...participant.zone.day(at: window.upperBound - 1).dayNumber
    return days.flatMap { nights.sleeps(endingOn: CivilDate(dayNumber: $0)) }
      .map { NightRow($0, isPending: $0.isPending(latestSync: nights.latestSync)) }
  }
}

extension NightRow {
  init(_ night: Night, isPending: Bool) {
    number = night.number
    date = night.date.description
    (start, end) = (night.instants.lowerBound, night.instants.upperBound)
    (isMain, hasStages) = (night.isMain, night.hasStages)
    self.isPending = isPending
    (minutesInBed, minutesAsleep, minutesAwake) = (night.minutesInBed, night.minutesAsleep, night.minutesAwake)
    minutes = Dictionary(uniqueKeysWithValues: night.levels.map { ($0.rawValue, night.minutes(of: $0)) })
    stages = night.segments.map { Stage(start: $0.start, seconds: $0.seconds, level: $0.level.rawValue) }
    measured = isPending ? nil : night.measurements.map(Measured.init)
  }
}

extension NightRow.Measured {
  init(_ tenths: Night.Measurements) {
    func real(_ value: Int) -> Double { Double(value) / 10 }
    self.init(
      heartRateVariability: real(tenths.heartRateVariability), deepHeartRateVariability: real(tenths.deepHeartRateVariability),
      oxygenAverage: real(tenths.oxygenAverage), oxygenLowest: real(tenths.oxygenLowest), oxygenHighest: real(tenths.oxygenHighest),
      breathingRate: real(tenths.breathingRate), relativeTemperature: real(tenths.relativeTemperature),
      temperature: real(tenths.temperature))
  }
}
