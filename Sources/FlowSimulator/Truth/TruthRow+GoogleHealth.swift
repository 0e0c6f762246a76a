import FlowBase

extension DailyActivityRow {
  /// A day's values in the Google Health API; nil: none. Measured values only cover worn time.
  init?(google summary: DailySummary, of participant: SimulatedParticipant, now: Int, withActivity: Bool, withHeartRate: Bool) {
    let restingHeartRate = withHeartRate ? summary.restingHeartRate : nil
    guard withActivity || restingHeartRate != nil else { return nil }
    let isWorn = withActivity && summary.wornMinutes > 0
    func worn<Value>(_ value: Value?) -> Value? { isWorn ? value : nil }
    let basal = participant.latestSync(now: now).flatMap { BasalEnergy(of: participant, on: summary.date).calories(before: $0) }
    self.init(
      date: summary.date.description, activityCalories: worn(summary.activityCalories), caloriesBMR: withActivity ? basal : nil,
      caloriesOut: withActivity ? summary.caloriesOut : nil, marginalCalories: nil, steps: worn(summary.steps),
      distance: worn(summary.distance), elevation: worn(summary.elevation), floors: worn(summary.floors),
      veryActiveMinutes: worn(summary.veryActiveMinutes), fairlyActiveMinutes: worn(summary.fairlyActiveMinutes),
      lightlyActiveMinutes: worn(summary.lightlyActiveMinutes), sedentaryMinutes: worn(summary.wornSedentaryMinutes),
      restingHeartRate: restingHeartRate)
  }
}

extension HeartRateSummaryRow {
  /// A zone without time has 0 minutes, even on a day without heart rate; its energy is not reported.
  init(google summary: DailySummary, zone index: Int, withActivity: Bool) {
    let zone = summary.zones.zones.zones[index]
    let values = withActivity ? summary.zones.values(of: index) : nil
    self.init(
      date: summary.date.description, zone: HeartRateZones.googleNames[index], min: zone.lower, max: zone.upper,
      minutes: withActivity ? values?.minutes ?? 0 : nil, caloriesOut: values.flatMap { $0.minutes > 0 ? $0.calories : nil })
  }
}
