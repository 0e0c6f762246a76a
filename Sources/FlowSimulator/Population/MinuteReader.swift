import FlowBase

/// Reads measurements by minute, up to a sync. Minutes can be read in any order; reading forward is fastest because the
/// plan of the local day is cached.
struct MinuteReader {
  let participant: SimulatedParticipant
  /// Seconds since 1970; later measurements have not arrived.
  let latestSync: Int
  private let dayPlans: SeededDice
  private let heart: SeededDice
  private let mood: SeededDice
  private let walking: SeededDice
  private let activity: SeededDice
  private var plan: DayPlan
  /// Minutes that were deleted later.
  private let deleted: Range<Int>
  /// Minutes that will be revised downwards.
  private let inflated: Range<Int>
  private let includesLost: Bool

  /// nil if the participant has no synced tracker.
  /// - Parameter includesLost: whether to include minutes that the tracker discarded before its sync; daily totals
  ///   include them.
  init?(_ participant: SimulatedParticipant, now: Int, includesLost: Bool = false) {
    guard let latestSync = participant.latestSync(now: now) else { return nil }
    self.participant = participant
    self.latestSync = latestSync
    self.includesLost = includesLost
    let revision = participant.revision
    deleted = revision?.kind == .deletedAfter && latestSync >= revision?.instant ?? .max ? revision?.instants ?? 0..<0 : 0..<0
    inflated = revision?.kind == .inflatedBefore && latestSync < revision?.instant ?? .min ? revision?.instants ?? 0..<0 : 0..<0
    dayPlans = participant.dice.fork(Purpose.dayPlans)
    heart = participant.dice.fork(Purpose.heart)
    mood = participant.dice.fork(Purpose.mood)
    walking = participant.dice.fork(Purpose.steps)
    activity = participant.dice.fork(Purpose.activity)
    plan = DayPlan(of: participant, on: participant.zone.day(at: latestSync), dice: dayPlans)
  }

  /// The minute that starts at `instant` (a multiple of 60). nil if nothing of it has arrived: not synced yet, or
  /// before the tracker was first worn. The minute of the sync itself is incomplete.
  @inline(__always)
  mutating func minute(at instant: Int) -> SimulatedMinute? {
    guard instant < latestSync, instant >= participant.wornFrom, !deleted.contains(instant),
      includesLost || !participant.hasLost(minute: instant)
    else { return nil }
    let offset = participant.zone.offset(at: instant)
    let local = instant + offset
    let dayNumber = local.flooredDivision(by: 86_400)
    if dayNumber != plan.day.dayNumber {
      plan = plan(on: CivilDate(dayNumber: dayNumber))
    }
    let minuteOfDay = (local - dayNumber * 86_400) / 60
    let index = instant / 60
    let arrived = min(60, latestSync - instant)
    guard plan.isWorn(minuteOfDay) else {
      return SimulatedMinute(
        instant: instant, offset: offset, arrivedSeconds: arrived, worn: false, steps: 0, pulse: 0, dice: heart, dense: false)
    }
    let steps = steps(index, minuteOfDay)
    let surplus = inflated.contains(instant) ? 1 + index % 7 : 0
    return SimulatedMinute(
      instant: instant, offset: offset, arrivedSeconds: arrived, worn: true,
      steps: (steps > 0 ? steps + surplus : 0) * arrived / 60, pulse: pulse(index, minuteOfDay, steps: steps) + surplus, dice: heart,
      dense: participant.dense)
  }

  /// What the participant does on a local day, whether it has arrived or not.
  func plan(on date: CivilDate) -> DayPlan { DayPlan(of: participant, on: date, dice: dayPlans) }

  /// The resting heart rate of the day last read by `minute(at:)`.
  var restingHeartRate: Int { plan.restingHeartRate }

  private func steps(_ index: Int, _ minuteOfDay: Int) -> Int {
    guard plan.wake..<plan.bed ~= minuteOfDay else { return 0 }
    let roll = Int(walking.roll(index) >> 32)
    if plan.workout.contains(minuteOfDay) { return 105 + roll % 60 }
    let isMoving = activity.below(100, at: index / 15) < 36
    if isMoving { return roll % 5 == 0 ? 0 : roll / 5 % 88 }
    return roll % 19 == 0 ? 1 + roll / 19 % 14 : 0
  }

  /// The mean heart rate of the minute's samples, in beats per minute.
  private func pulse(_ index: Int, _ minuteOfDay: Int, steps: Int) -> Int {
    let block = index >> 3
    let (here, next) = (mood.below(14, at: block), mood.below(14, at: block + 1))
    let drift = here + (next - here) * (index & 7) / 8
    guard plan.wake..<plan.bed ~= minuteOfDay else { return plan.restingHeartRate - 3 + drift / 3 }
    var pulse = plan.restingHeartRate + 9 + drift + steps / 4
    if plan.workout.contains(minuteOfDay) {
      let warmUp = min(minuteOfDay - plan.workout.lowerBound, plan.workout.upperBound - minuteOfDay, 8)
      pulse += plan.workoutEffort * warmUp / 8
    }
    return min(pulse, 205)
  }
}

/// One minute of one participant, as far as it has arrived.
struct SimulatedMinute {
  /// Seconds since 1970, a multiple of 60.
  let instant: Int
  /// Seconds east of UTC in the participant's zone.
  let offset: Int
  /// 60, or less if the sync was in this minute.
  let arrivedSeconds: Int
  let worn: Bool
  let steps: Int
  fileprivate let pulse: Int
  fileprivate let dice: SeededDice
  fileprivate let dense: Bool

  fileprivate init(
    instant: Int, offset: Int, arrivedSeconds: Int, worn: Bool, steps: Int, pulse: Int, dice: SeededDice, dense: Bool
  ) {
    self.instant = instant
    self.offset = offset
    self.arrivedSeconds = arrivedSeconds
    self.worn = worn
    self.steps = steps
    self.pulse = pulse
    self.dice = dice
    self.dense = dense
  }

  /// Calls `body` with (second of the minute, beats per minute) for every sample, in order. Samples are 5 to 15 seconds
  /// apart, also across minutes, or one second if dense.
  @inline(__always)
  func forEachSample(_ body: (Int, Int) -> Void) {
    guard worn else { return }
    let index = instant / 60
    if dense {
      forEachDenseSample(index, body)
      return
    }
    let bits = dice.roll(index)
    let count = 5 + Int(bits & 0xFFFF) % 6
    var noise = bits >> 16
    for sample in 0..<count {
      let second = sample * 60 / count + Int(noise & 1)
      guard second < arrivedSeconds else { return }
      body(second, pulse + Int((noise >> 1) & 7) - 3)
      noise >>= 4
    }
  }

  @inline(__always)
  private func forEachDenseSample(_ index: Int, _ body: (Int, Int) -> Void) {
    var second = 0
    for part in 0..<3 {
      var noise = dice.roll(index * 3 + part)
      for _ in 0..<20 {
        guard second < arrivedSeconds else { return }
        body(second, pulse + Int(noise & 7) - 3)
        noise >>= 3
        second += 1
      }
    }
  }

  /// The sum and number of the samples.
  @inline(__always)
  var heartRateSum: (sum: Int, count: Int) {
    var (sum, count) = (0, 0)
    forEachSample { _, value in
      sum += value
      count += 1
    }
    return (sum, count)
  }

  /// The value for `detail=1min`: the mean of the samples, rounded to nearest (half up). nil without samples.
  @inline(__always)
  var heartRate: Int? {
    let (sum, count) = heartRateSum
    return count == 0 ? nil : roundedMean(sum, count)
  }
}

/// `sum / count` rounded to nearest, half up; both must be positive.
@inline(__always)
func roundedMean(_ sum: Int, _ count: Int) -> Int {
  (2 * sum + count) / (2 * count)
}
