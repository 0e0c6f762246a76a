import FlowBase

/// The rows of a complete and correct collection up to the simulated time, computed from the population and not from
/// responses. The providers only differ in what they report at all.
package struct Truth: Sendable {
  /// The detail of `fitbit_intraday_hr`.
  package enum HeartRateDetail: String, Sendable {
    case second = "1sec"
    case minute = "1min"
  }

  package let population: Population
  package let api: SimulatorConfiguration.API
  package let now: Int
  package let detail: HeartRateDetail
  let consent: Consent

  /// The requested window of a participant: `[enrolled, latest sync)`, both rounded down to whole minutes. nil if there
  /// is nothing to collect: no tracker, never synced, consent withdrawn, or the list of devices not shared.
  package func window(of participant: SimulatedParticipant) -> Range<Int>? {
    let enrolled = participant.enrolled / 60 * 60
    guard !consent.isWithdrawn(by: participant), consent.allows(.settings, for: participant),
      let latestSync = participant.latestSync(now: now), latestSync / 60 * 60 > enrolled
    else { return nil }
    return enrolled..<latestSync / 60 * 60
  }

  /// Minutes that were delivered once and are missing now: a collection started earlier still has their rows, counted
  /// as vanished. nil if there are none.
  package func vanished(of participant: SimulatedParticipant) -> Range<Int>? {
    guard let revision = participant.revision, revision.kind == .deletedAfter,
      participant.latestSync(now: now) ?? .min >= revision.instant
    else { return nil }
    return revision.instants
  }

  /// Calls `body` with every row of a participant, table by table, each in key order.
  package func forEachRow(of participant: SimulatedParticipant, _ body: (TruthRow) throws -> Void) rethrows {
    guard let window = window(of: participant) else { return }
    try forEachDay(of: participant, in: window, body)
    try forEachMinute(of: participant, in: window, body)
  }

  private func forEachDay(
    of participant: SimulatedParticipant, in window: Range<Int>, _ body: (TruthRow) throws -> Void
  ) rethrows {
    let days = participant.zone.day(at: window.lowerBound).dayNumber...participant.zone.day(at: window.upperBound - 1).dayNumber
    let summaries = days.map { dayNumber in
      let date = CivilDate(dayNumber: dayNumber)
      return DailySummary(of: participant, date: date, instants: participant.zone.instants(of: date), now: now)
    }
    for summary in summaries {
      if let row = dailyActivity(summary, of: participant) { try body(.dailyActivity(row)) }
    }
    for summary in summaries {
      for row in heartRateSummary(summary, of: participant) { try body(.heartRateSummary(row)) }
    }
  }

  private func dailyActivity(_ summary: DailySummary, of participant: SimulatedParticipant) -> DailyActivityRow? {
    switch api {
    case .fitbit:
      guard consent.allows(.activity, for: participant) else { return nil }
      return DailyActivityRow(summary, withHeartRate: consent.allows(.heartrate, for: participant))
    case .googleHealth:
      return DailyActivityRow(
        google: summary, of: participant, now: now, withActivity: consent.covers(.activityAndFitness, for: participant),
        withHeartRate: consent.covers(.healthMetricsAndMeasurements, for: participant))
    }
  }

  private func heartRateSummary(_ summary: DailySummary, of participant: SimulatedParticipant) -> [HeartRateSummaryRow] {
    let zones = summary.zones.zones.zones.indices
    switch api {
    case .fitbit:
      guard consent.allows(.heartrate, for: participant) else { return [] }
      return zones.map { HeartRateSummaryRow(summary, zone: $0) }
    case .googleHealth:
      // Google reports the zones of a day from the first worn day on.
      guard consent.covers(.healthMetricsAndMeasurements, for: participant),
        participant.zone.day(at: participant.wornFrom) <= summary.date
      else { return [] }
      let withActivity = consent.covers(.activityAndFitness, for: participant)
      return zones.map { HeartRateSummaryRow(google: summary, zone: $0, withActivity: withActivity) }
    }
  }

  private func forEachMinute(
    of participant: SimulatedParticipant, in window: Range<Int>, _ body: (TruthRow) throws -> Void
  ) rethrows {
    guard var reader = MinuteReader(participant, now: now) else { return }
    if allowsHeartRate(participant) {
      for instant in stride(from: window.lowerBound, to: window.upperBound, by: 60) {
        guard let minute = reader.minute(at: instant) else { continue }
        for row in heartRateRows(of: minute) { try body(.heartRate(row)) }
      }
    }
    guard consent.allows(.activity, for: participant) else { return }
    for instant in stride(from: window.lowerBound, to: window.upperBound, by: 60) {
      guard let minute = reader.minute(at: instant), minute.worn || api == .fitbit else { continue }
      try body(.steps(IntradayRow(instant: instant, utcOffset: minute.offset, value: minute.steps)))
    }
  }

  private func allowsHeartRate(_ participant: SimulatedParticipant) -> Bool {
    switch api {
    case .fitbit: consent.allows(.heartrate, for: participant)
    case .googleHealth: consent.covers(.healthMetricsAndMeasurements, for: participant)
    }
  }

  private func heartRateRows(of minute: SimulatedMinute) -> [IntradayRow] {
    switch detail {
    case .minute:
      return minute.heartRate.map { [IntradayRow(instant: minute.instant, utcOffset: minute.offset, value: $0)] } ?? []
    case .second:
      var rows: [IntradayRow] = []
      minute.forEachSample { second, value in
        rows.append(IntradayRow(instant: minute.instant + second, utcOffset: minute.offset, value: value))
      }
      return rows
    }
  }
}

extension DailyActivityRow {
  /// - Parameter withHeartRate: whether the participant shares heart rate; otherwise, values derived from it are
  ///   missing.
  init(_ summary: DailySummary, withHeartRate: Bool) {
    self.init(
      date: summary.date.description, activityCalories: summary.activityCalories, caloriesBMR: summary.basalCalories,
      caloriesOut: summary.caloriesOut, marginalCalories: summary.marginalCalories, steps: summary.steps,
      distance: summary.distance, elevation: summary.elevation, floors: summary.floors,
      veryActiveMinutes: summary.veryActiveMinutes, fairlyActiveMinutes: summary.fairlyActiveMinutes,
      lightlyActiveMinutes: summary.lightlyActiveMinutes, sedentaryMinutes: summary.sedentaryMinutes,
      restingHeartRate: withHeartRate ? summary.restingHeartRate : nil)
  }
}

extension HeartRateSummaryRow {
  init(_ summary: DailySummary, zone index: Int) {
    let zone = summary.zones.zones.zones[index]
    let values = summary.zones.values(of: index)
    self.init(
      date: summary.date.description, zone: zone.name, min: zone.lower, max: zone.upper, minutes: values?.minutes,
      caloriesOut: values?.calories)
  }
}
