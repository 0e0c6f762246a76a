import FlowBase

/// An exercise of a participant: recorded by the tracker, recognised by it, or typed in.
struct Activity: Sendable {
  enum Kind: Int, Sendable, CaseIterable {
    case run, walk, weights, bike, swim

    var name: String { ["Run", "Walk", "Weights", "Bike", "Swim"][rawValue] }
    /// The provider's number of the type.
    var typeID: Int { [90_009, 90_013, 2131, 90_001, 90_024][rawValue] }
    /// As in TCX.
    var sport: String { ["Running", "Other", "Other", "Biking", "Other"][rawValue] }
    var googleName: String { ["RUNNING", "WALKING", "WEIGHTLIFTING", "BIKING", "SWIMMING"][rawValue] }
    var hasDistance: Bool { self != .weights }
  }

  enum Record: String, Sendable {
    case tracker
    case autoDetected = "auto_detected"
    case manual

    var googleName: String {
      switch self {
      case .tracker: "ACTIVELY_MEASURED"
      case .autoDetected: "PASSIVELY_MEASURED"
      case .manual: "MANUAL"
      }
    }
  }

  /// One sample of the track.
  struct Point: Sendable {
    /// Seconds since 1970.
    let instant: Int
    let heartRate: Int
    /// Since the start; nil for a kind without distance.
    let centimetres: Int?
    /// nil without GPS.
    let position: Position?
  }

  struct Position: Sendable {
    let latitude: Double
    let longitude: Double
    /// Decimetres; now and then there is none.
    let altitude: Int?
  }

  /// A kilometre, or what is left of one.
  struct Lap: Sendable {
    let instants: Range<Int>
    let centimetres: Int?
    let kilocalories: Int
    let averageHeartRate: Int
    /// Indices of the points.
    let points: Range<Int>
  }

  /// The provider's id, unsigned with 64 bits.
  let number: UInt64
  /// The local day on which it started.
  let date: CivilDate
  /// Seconds since 1970.
  let instants: Range<Int>
  let kind: Kind
  let record: Record
  /// Whether the track has positions. A phone's GPS is not mentioned in the log.
  let hasPositions: Bool
  let isPhoneGPS: Bool
  /// The provider answers 404 for its detail.
  var hasNoDetail: Bool { number > UInt64(Int64.max) }
  /// The person has changed it later.
  let isEdited: Bool
  let kilocalories: Int
  /// nil if none are counted.
  let steps: Int?
  let centimetres: Int?
  /// Decimetres.
  let elevation: Int?
  let averageHeartRate: Int?
  let zoneMinutes: Int?
  /// Seconds since 1970.
  let modified: Int
  let points: [Point]
  let laps: [Lap]

  var name: String { isEdited ? "Edited \(kind.name)" : kind.name }
  var activeSeconds: Int { instants.count - instants.count / 50 }

  /// In kilometres, with the binary tail that the Fitbit Web API shows.
  var kilometres: Double? { centimetres.map { Double($0) / 3 / 100_000 * 3 } }
  var millimetres: Double? { centimetres.map { Double($0) * 10 + 0.5 } }
}

/// The activities of one participant that have arrived.
struct ActivityLog: Sendable {
  private let reader: MinuteReader
  private let dice: SeededDice

  /// nil if nothing has arrived.
  init?(of participant: SimulatedParticipant, now: Int) {
    guard let reader = MinuteReader(participant, now: now) else { return nil }
    self.reader = reader
    dice = participant.dice.fork(Purpose.activities)
  }

  var participant: SimulatedParticipant { reader.participant }
  var latestSync: Int { reader.latestSync }

  /// The activities that started on a local day, in order.
  func activities(startingOn date: CivilDate) -> [Activity] {
    let plan = reader.plan(on: date)
    let dice = dice.fork(date.dayNumber)
    var activities: [Activity] = []
    if !plan.workout.isEmpty, let workout = recorded(on: date, minutes: plan.workout, place: 0, dice.fork(0)) { activities.append(workout) }
    if dice.below(4, at: 1) == 0, let entry = typedIn(on: date, dice.fork(1)) { activities.append(entry) }
    // Past midnight: it belongs to the day on which it started.
    if dice.below(5, at: 2) == 0, let walk = recorded(on: date, minutes: 1425..<1465, place: 2, dice.fork(2)) { activities.append(walk) }
    return activities.sorted { ($0.instants.lowerBound, $0.number) < ($1.instants.lowerBound, $1.number) }
  }

  /// All that have arrived, in order.
  /// - Parameters:
  ///   - start: the first local day; nil: of all.
  ///   - end: the last local day; nil: of all.
  func all(from start: CivilDate? = nil, until end: CivilDate? = nil) -> [Activity] {
    let first = max(Population.start / 86_400 - 30, start?.dayNumber ?? .min)
    let last = min(participant.zone.day(at: latestSync).dayNumber, end?.dayNumber ?? .max)
    return first <= last ? (first...last).flatMap { activities(startingOn: CivilDate(dayNumber: $0)) } : []
  }

  func activity(numbered number: UInt64) -> Activity? {
    let day = Int(number % 1_000_000_000 / 10 % 10_000) + 20_000
    return activities(startingOn: CivilDate(dayNumber: day)).first { $0.number == number }
  }

  /// Unique for a participant; one of three is too long for a signed number.
  private func number(_ date: CivilDate, place: Int, _ dice: SeededDice) -> UInt64 {
    let base: UInt64 = dice.below(3, at: 20) == 0 ? 17_900_000_000_000_000_000 : 53_000_000_000
    return base + UInt64(participant.number % 9000) * 100_000 + UInt64(date.dayNumber - 20_000) * 10 + UInt64(place)
  }

  private func instants(on date: CivilDate, _ minutes: Range<Int>) -> Range<Int> {
    let start = participant.zone.instant(atLocal: date.dayNumber * 86_400 + minutes.lowerBound * 60)
    return start..<start + minutes.count * 60
  }

  // MARK: Recorded

  private func recorded(on date: CivilDate, minutes: Range<Int>, place: Int, _ dice: SeededDice) -> Activity? {
    let instants = instants(on: date, minutes)
    guard instants.lowerBound >= participant.wornFrom, instants.upperBound <= latestSync else { return nil }
    let kind = place > 0 ? Activity.Kind.walk : [.run, .walk, .weights, .bike][dice.below(4, at: 0)]
    var samples: [(instant: Int, heartRate: Int, centimetres: Int)] = []
    var (steps, pulses, zoneMinutes) = (0, (sum: 0, count: 0), 0)
    var reader = reader
    for instant in stride(from: instants.lowerBound, to: instants.upperBound, by: 60) {
      guard let minute = reader.minute(at: instant), minute.worn else { return nil }
      minute.forEachSample { second, value in
        samples.append((instant + second, value, (steps * 60 + minute.steps * second) * participant.strideCentimetres / 60))
      }
      steps += minute.steps
      let (sum, count) = minute.heartRateSum
      pulses = (pulses.sum + sum, pulses.count + count)
      if let rate = minute.heartRate { zoneMinutes += min(2, participant.heartRateZones.index(of: rate)) }
    }
    guard pulses.count > 0 else { return nil }
    let hasPositions = place == 0 && (kind == .run || kind == .bike)
    let points = points(samples, kind, hasPositions: hasPositions, dice)
    let edit = instants.upperBound + 20 * 3600
    let isEdited = place == 0 && dice.below(3, at: 2) == 0 && latestSync >= edit
    let kilocalories = minutes.count * 7 + steps / 40
    return Activity(
      number: number(date, place: place, dice), date: date, instants: instants, kind: kind, record: kind == .walk ? .autoDetected : .tracker,
      hasPositions: hasPositions, isPhoneGPS: kind == .bike, isEdited: isEdited, kilocalories: kilocalories + (isEdited ? 11 : 0),
      steps: kind == .weights || kind == .bike ? nil : steps, centimetres: kind.hasDistance ? steps * participant.strideCentimetres : nil,
      elevation: hasPositions ? 200 + dice.below(300, at: 3) : nil, averageHeartRate: roundedMean(pulses.sum, pulses.count),
      zoneMinutes: zoneMinutes, modified: isEdited ? edit : instants.upperBound + 600, points: points,
      laps: laps(points, instants, kilocalories))
  }

  private func points(
    _ samples: [(instant: Int, heartRate: Int, centimetres: Int)], _ kind: Activity.Kind, hasPositions: Bool, _ dice: SeededDice
  ) -> [Activity.Point] {
    samples.enumerated().map { index, sample in
      // The signal is lost now and then.
      let isLost = dice.fork(3).below(7, at: index) == 0
      // In ten millionths of a degree.
      let position = Activity.Position(
        latitude: Double(100_000_000 + sample.centimetres * 9 / 10) / 10_000_000, longitude: Double(-1_500_000_000 - sample.centimetres * 3 / 10) / 10_000_000,
        altitude: dice.fork(4).below(11, at: index) == 0 ? nil : 30 + dice.fork(5).below(90, at: index / 8))
      return Activity.Point(
        instant: sample.instant, heartRate: sample.heartRate, centimetres: kind.hasDistance ? sample.centimetres : nil,
        position: hasPositions && !isLost ? position : nil)
    }
  }

  /// One for each kilometre.
  private func laps(_ points: [Activity.Point], _ instants: Range<Int>, _ kilocalories: Int) -> [Activity.Lap] {
    var laps: [Activity.Lap] = []
    var first = 0
    func close(at end: Int) {
      let start = first == 0 ? instants.lowerBound : points[first].instant
      let stop = end < points.count ? points[end].instant : instants.upperBound
      let way = points[first].centimetres.flatMap { from in points[min(end, points.count - 1)].centimetres.map { $0 - from } }
      let rates = points[first..<end].map(\.heartRate)
      laps.append(
        Activity.Lap(
          instants: start..<stop, centimetres: way, kilocalories: kilocalories * (stop - start) / instants.count,
          averageHeartRate: roundedMean(rates.reduce(0, +), rates.count), points: first..<end))
      first = end
    }
    for index in points.indices.dropFirst() {
      if let way = points[index].centimetres, way / 100_000 > laps.count { close(at: index) }
    }
    close(at: points.count)
    return laps
  }

  // MARK: Typed in

  private func typedIn(on date: CivilDate, _ dice: SeededDice) -> Activity? {
    let start = 690 + dice.below(60, at: 0)
    let instants = instants(on: date, start..<start + 30 + dice.below(30, at: 1))
    guard instants.upperBound + 600 <= latestSync, instants.lowerBound >= Population.start - 30 * 86_400 else { return nil }
    return Activity(
      number: number(date, place: 1, dice), date: date, instants: instants, kind: .swim, record: .manual, hasPositions: false, isPhoneGPS: false,
      isEdited: false, kilocalories: 310, steps: nil, centimetres: 120_000, elevation: nil, averageHeartRate: nil, zoneMinutes: nil,
      modified: instants.upperBound + 600, points: [], laps: [])
  }
}
