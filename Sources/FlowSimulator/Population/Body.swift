import FlowBase

/// A weighing of a participant.
struct Weighing: Sendable {
  enum Source: String, Sendable { case scale = "Aria", typedIn = "API" }

  let instant: Int
  let date: CivilDate
  /// Seconds since local midnight.
  let secondOfDay: Int
  let grams: Int
  /// Thousandths of a per cent; a weight that was typed in has none.
  let fat: Int?
  let source: Source

  /// The provider's id of the entry; unique for one participant only.
  var number: Int { instant * 1000 }
  var kilograms: Double { Double(grams) / 1000 }
  var bodyMassIndex: Double { Double(grams * 100 / 3062) / 100 }
  var fatPercentage: Double? { fat.map { Double($0) / 1000 } }
}

/// An estimate of the maximum oxygen uptake on a day, in ml/kg/min.
struct CardioFitness: Sendable {
  let date: CivilDate
  /// Tenths; of a range its middle.
  let value: Int
  /// Measured with GPS on a run; otherwise a range is told.
  let isMeasured: Bool

  /// `41-45`, or `43`.
  var text: String { isMeasured ? "\(value / 10)" : "\(value / 10 - 2)-\(value / 10 + 2)" }
  var low: Double { Double(isMeasured ? value / 10 : value / 10 - 2) }
  var high: Double { Double(isMeasured ? value / 10 : value / 10 + 2) }
  var exact: Double { Double(value) / 10 }
}

/// What is known of the body of one participant, up to the latest sync.
struct BodyLog: Sendable {
  private let participant: SimulatedParticipant
  private let latestSync: Int
  private let dice: SeededDice
  private let activities: ActivityLog

  /// nil if nothing has arrived.
  init?(of participant: SimulatedParticipant, now: Int) {
    guard let activities = ActivityLog(of: participant, now: now) else { return nil }
    self.participant = participant
    self.activities = activities
    latestSync = activities.latestSync
    dice = participant.dice.fork(Purpose.body)
  }

  /// In order of time: on some days none, on some two.
  func weighings(on date: CivilDate) -> [Weighing] {
    let dice = dice.fork(date.dayNumber)
    var weighings: [Weighing] = []
    if dice.below(3, at: 0) > 0 { weighings.append(weighing(date, 23_000 + dice.below(9000, at: 1), .scale, dice)) }
    // Without a time of day it is the day's last second.
    if dice.below(5, at: 2) == 0 { weighings.append(weighing(date, 86_399, .typedIn, dice)) }
    return weighings.filter { $0.instant < latestSync && $0.instant >= Population.start - 30 * 86_400 }
  }

  private func weighing(_ date: CivilDate, _ second: Int, _ source: Weighing.Source, _ dice: SeededDice) -> Weighing {
    Weighing(
      instant: participant.zone.instant(atLocal: date.dayNumber * 86_400 + second), date: date, secondOfDay: second,
      grams: 58_000 + participant.number * 731 % 40_000 + dice.below(18, at: 3) * 100, fat: source == .scale ? 21_304 + dice.below(3000, at: 4) : nil,
      source: source)
  }

  /// nil: the tracker has not been worn long enough, or has not synced since.
  func cardioFitness(on date: CivilDate) -> CardioFitness? {
    let noon = participant.zone.instant(atLocal: date.dayNumber * 86_400 + 43_200)
    guard noon <= latestSync, noon >= participant.wornFrom, dice.fork(date.dayNumber).below(9, at: 9) > 0 else { return nil }
    let isMeasured = run(on: date) != nil
    return CardioFitness(date: date, value: 350 + participant.number * 7 % 120 + dice.fork(date.dayNumber).below(20, at: 8), isMeasured: isMeasured)
  }

  /// The run with GPS from which the day's value was measured.
  func run(on date: CivilDate) -> Activity? { activities.activities(startingOn: date).first { $0.kind == .run && $0.hasPositions } }
}
