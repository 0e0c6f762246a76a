import FlowBase

/// A participant's activities on one local day; times are minutes of the local day.
struct DayPlan: Sendable {
  let day: CivilDate
  let restingHeartRate: Int
  /// Awake from `wake` to `bed`.
  let wake: Int
  let bed: Int
  let workout: Range<Int>
  /// The maximum increase of the heart rate during the workout, in beats per minute.
  let workoutEffort: Int
  private let wear: Wear
  /// When the tracker is off the wrist for charging.
  private let charging: Range<Int>

  private enum Wear {
    case all
    case none
    case only(Range<Int>)
  }

  init(of participant: SimulatedParticipant, on day: CivilDate, dice: SeededDice) {
    self.day = day
    let dice = dice.fork(day.dayNumber)
    restingHeartRate = 50 + participant.number * 7 % 19 + dice.below(4, at: 0)
    wake = 360 + dice.below(90, at: 1)
    bed = 1320 + dice.below(90, at: 2)
    let begin = 420 + dice.below(780, at: 3)
    workout = dice.below(10, at: 4) < 6 ? begin..<begin + 20 + dice.below(50, at: 5) : 0..<0
    workoutEffort = 35 + dice.below(60, at: 6)
    let chargingStart = 1080 + dice.below(220, at: 7)
    charging = participant.dense ? 0..<0 : chargingStart..<chargingStart + 25 + dice.below(45, at: 8)
    wear = Self.wear(of: participant, on: day, dice: dice)
  }

  /// Whether the tracker is on the wrist.
  @inline(__always)
  func isWorn(_ minuteOfDay: Int) -> Bool {
    switch wear {
    case .all: return !charging.contains(minuteOfDay)
    case .none: return false
    case .only(let hours): return hours.contains(minuteOfDay) && !charging.contains(minuteOfDay)
    }
  }

  private static func wear(of participant: SimulatedParticipant, on day: CivilDate, dice: SeededDice) -> Wear {
    if participant.dense { return .all }
    let hours = 420 + dice.below(200, at: 9)..<700 + dice.below(600, at: 10)
    let secondDay = participant.zone.day(at: Population.start).dayNumber + 1
    switch participant.oddity {
    case .dayNotWorn where day.dayNumber == secondDay: return .none
    case .dayPartlyWorn where day.dayNumber == secondDay: return .only(hours)
    default: break
    }
    switch dice.below(100, at: 11) {
    case 0..<5: return .none
    case 5..<17: return .only(hours)
    default: return .all
    }
  }
}
