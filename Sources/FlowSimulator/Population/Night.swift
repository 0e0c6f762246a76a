import FlowBase

/// One sleep of a participant: a night or a nap.
struct Night: Sendable {
  enum Level: String, Sendable, CaseIterable {
    case wake, light, deep, rem
    /// Levels of a sleep without stages.
    case asleep, restless, awake

    /// The name in the Google Health API.
    var googleName: String { self == .wake ? "AWAKE" : rawValue.uppercased() }
  }

  struct Segment: Sendable, Equatable {
    /// Seconds since 1970, a multiple of 30.
    let start: Int
    let seconds: Int
    let level: Level
  }

  /// The measurements of a night besides sleep, in tenths of the unit.
  struct Measurements: Sendable {
    /// Milliseconds.
    let heartRateVariability: Int
    let deepHeartRateVariability: Int
    /// Per cent.
    let oxygenAverage: Int
    let oxygenLowest: Int
    let oxygenHighest: Int
    /// Breaths per minute, over all sleep.
    let breathingRate: Int
    /// Degrees Celsius relative to the baseline.
    let relativeTemperature: Int
    /// Degrees Celsius.
    let temperature: Int
    /// Degrees Celsius; unknown until after some nights.
    let usualTemperature: Int?
  }

  /// The local day on which the sleep ended.
  let date: CivilDate
  /// The provider's id of the sleep.
  let number: Int
  /// Seconds since 1970, whole minutes.
  let instants: Range<Int>
  let isMain: Bool
  /// Whether there are stages; otherwise there are only asleep, restless and awake.
  let hasStages: Bool
  /// Contiguous from start to end.
  let segments: [Segment]
  /// Short awakenings, which overlap the segments.
  let awakenings: [Segment]
  /// nil for a nap.
  let measurements: Measurements?
  /// The sync from which on the sleep is processed; before, only its existence is known.
  let processedFrom: Int

  /// Heart rate variability of five minutes.
  struct Variability: Sendable {
    let instant: Int
    /// Tenths of a millisecond.
    let rmssd: Int
    let highFrequency: Int
    let lowFrequency: Int
  }

  func isPending(latestSync: Int) -> Bool { latestSync < processedFrom }

  var minutesInBed: Int { instants.count / 60 }
  var minutesAwake: Int { hasStages ? minutes(of: .wake) : minutes(of: .restless) + minutes(of: .awake) }
  var minutesAsleep: Int { minutesInBed - minutesAwake }
  var levels: [Level] { hasStages ? [.deep, .light, .rem, .wake] : [.asleep, .awake, .restless] }

  /// Whole minutes.
  func minutes(of level: Level) -> Int { segments.reduce(0) { $0 + ($1.level == level ? $1.seconds : 0) } / 60 }
  func count(of level: Level) -> Int { segments.count { $0.level == level } }
}

/// The sleeps of one participant that have arrived.
struct Nights: Sendable {
  private let reader: MinuteReader
  private let dice: SeededDice

  /// nil if nothing has arrived.
  init?(of participant: SimulatedParticipant, now: Int) {
    guard let reader = MinuteReader(participant, now: now) else { return nil }
    self.reader = reader
    dice = participant.dice.fork(Purpose.nights)
  }

  var participant: SimulatedParticipant { reader.participant }
  var latestSync: Int { reader.latestSync }

  /// What is measured every five minutes of a main sleep, in order.
  func variability(during night: Night) -> [Night.Variability] {
    guard let measured = night.measurements else { return [] }
    let noises = dice.fork(2)
    return stride(from: night.instants.lowerBound + 1200, to: night.instants.upperBound, by: 300).map { instant in
      let noise = noises.below(200, at: instant / 60)
      return Night.Variability(
        instant: instant, rmssd: measured.heartRateVariability + noise % 60 - 30, highFrequency: 100 + noise, lowFrequency: 300 + noise)
    }
  }

  /// The sleeps that ended on a local day, newest first.
  func sleeps(endingOn date: CivilDate) -> [Night] { [nap(on: date), night(endingOn: date)].compactMap { $0 } }

  /// The night before a day; nil: the tracker was not worn, or has not synced since.
  func night(endingOn date: CivilDate) -> Night? {
    let dice = dice.fork(date.dayNumber)
    let eve = CivilDate(dayNumber: date.dayNumber - 1)
    let bed = reader.plan(on: eve).bed + dice.below(25, at: 0)
    let wake = reader.plan(on: date).wake - dice.below(15, at: 1)
    let instants = instant(eve, bed)..<instant(date, wake)
    guard isWorn(instants) else { return nil }
    let hasStages = dice.below(6, at: 2) > 0
    let segments = hasStages ? Self.stages(instants, dice) : Self.classic(instants, dice)
    return Night(
      date: date, number: number(date, nap: false), instants: instants, isMain: true, hasStages: hasStages, segments: segments,
      awakenings: hasStages ? Self.awakenings(segments, dice) : [], measurements: measurements(dice, date),
      processedFrom: instants.upperBound + (dice.below(2, at: 3) == 0 ? 0 : 3600 * (1 + dice.below(4, at: 4))))
  }

  private func nap(on date: CivilDate) -> Night? {
    let dice = dice.fork(date.dayNumber).fork(1)
    guard dice.below(5, at: 0) == 0 else { return nil }
    let start = 790 + dice.below(180, at: 1)
    let instants = instant(date, start)..<instant(date, start + 25 + dice.below(70, at: 2))
    guard isWorn(instants) else { return nil }
    return Night(
      date: date, number: number(date, nap: true), instants: instants, isMain: false, hasStages: false,
      segments: Self.classic(instants, dice), awakenings: [], measurements: nil, processedFrom: instants.upperBound)
  }

  private func instant(_ date: CivilDate, _ minuteOfDay: Int) -> Int {
    participant.zone.instant(atLocal: date.dayNumber * 86_400 + minuteOfDay * 60)
  }

  private func number(_ date: CivilDate, nap: Bool) -> Int {
    39_800_000_000 + participant.number * 100_000 + (date.dayNumber - 20_000) * 2 + (nap ? 1 : 0)
  }

  /// Whether the tracker was worn at the start, in the middle and at the end, and has synced since.
  private func isWorn(_ instants: Range<Int>) -> Bool {
    guard instants.lowerBound >= participant.wornFrom, instants.upperBound <= latestSync else { return false }
    var reader = reader
    let middle = (instants.lowerBound + instants.count / 2) / 60 * 60
    return [instants.lowerBound, middle, instants.upperBound - 60].allSatisfy { reader.minute(at: $0)?.worn ?? false }
  }

  private func measurements(_ dice: SeededDice, _ date: CivilDate) -> Night.Measurements {
    let variability = 180 + participant.number * 13 % 400 + dice.below(90, at: 10)
    let oxygen = 940 + dice.below(35, at: 11)
    let relative = dice.below(21, at: 12) - 10
    let usual = 330 + participant.number % 12
    return Night.Measurements(
      heartRateVariability: variability, deepHeartRateVariability: variability - 33 + dice.below(60, at: 13), oxygenAverage: oxygen,
      oxygenLowest: oxygen - 10 - dice.below(30, at: 14), oxygenHighest: min(1000, oxygen + 10 + dice.below(30, at: 15)),
      breathingRate: 125 + dice.below(60, at: 16), relativeTemperature: relative,
      temperature: usual + relative, usualTemperature: date.dayNumber - Population.start / 86_400 > 1 ? usual : nil)
  }

  /// Cycles of light, deep, light and REM sleep, with occasional awakenings.
  private static func stages(_ instants: Range<Int>, _ dice: SeededDice) -> [Night.Segment] {
    let cycle: [(level: Night.Level, least: Int, spread: Int)] = [
      (.light, 20, 40), (.deep, 16, 60), (.light, 14, 30), (.rem, 16, 50), (.wake, 3, 14),
    ]
    return segments(instants, dice.fork(20), first: .wake) { turn, index in
      let part = cycle[turn % cycle.count]
      return (part.level, 30 * (part.least + dice.fork(21).below(part.spread, at: index)))
    }
  }

  private static func classic(_ instants: Range<Int>, _ dice: SeededDice) -> [Night.Segment] {
    segments(instants, dice.fork(22), first: .asleep) { turn, index in
      let level: Night.Level = turn % 2 == 0 ? (turn % 6 == 4 ? .awake : .restless) : .asleep
      return (level, 60 * (level == .asleep ? 30 + dice.fork(23).below(70, at: index) : 1 + dice.fork(23).below(5, at: index)))
    }
  }

  private static func segments(
    _ instants: Range<Int>, _ dice: SeededDice, first: Night.Level, _ part: (_ turn: Int, _ index: Int) -> (Night.Level, Int)
  ) -> [Night.Segment] {
    var segments = [Night.Segment(start: instants.lowerBound, seconds: 60 * (5 + dice.below(12, at: 0)), level: first)]
    var position = instants.lowerBound + segments[0].seconds
    var turn = 0
    while position < instants.upperBound {
      let (level, seconds) = part(turn, segments.count)
      let length = min(seconds, instants.upperBound - position)
      segments.append(Night.Segment(start: position, seconds: length, level: level))
      position += length
      turn += 1
    }
    return segments
  }

  private static func awakenings(_ segments: [Night.Segment], _ dice: SeededDice) -> [Night.Segment] {
    segments.enumerated().compactMap { index, segment in
      guard segment.level == .light, segment.seconds > 300, dice.fork(24).below(3, at: index) == 0 else { return nil }
      let seconds = 30 * (1 + dice.fork(25).below(5, at: index))
      return Night.Segment(start: segment.start + 120, seconds: seconds, level: .wake)
    }
  }
}
