import FlowBase

extension Truth {
  /// Calls `body` with every row of a participant's nights, night by night.
  package func forEachNightlyRow(of participant: SimulatedParticipant, _ body: (TableRow) throws -> Void) rethrows {
    guard let window = window(of: participant), let nights = Nights(of: participant, now: now) else { return }
    let days = participant.zone.day(at: window.lowerBound).dayNumber...participant.zone.day(at: window.upperBound - 1).dayNumber
    for day in days {
      let sleeps = nights.sleeps(endingOn: CivilDate(dayNumber: day))
      let pending = sleeps.filter { $0.isPending(latestSync: nights.latestSync) }
      if allows(.sleep, participant) {
        // The Fitbit Web API returns nothing for a day with a sleep that is not processed.
        for night in sleeps where pending.isEmpty || api == .googleHealth {
          let isPending = night.isPending(latestSync: nights.latestSync)
          try body(sleepLog(night, of: participant, isPending: isPending))
          if !isPending { for row in stages(night, of: participant) { try body(row) } }
        }
      }
      guard let night = sleeps.first(where: { $0.measurements != nil }), let measured = night.measurements,
        !night.isPending(latestSync: nights.latestSync)
      else { continue }
      for row in measurements(measured, on: night.date, of: participant) { try body(row) }
    }
  }

  private func logID(_ night: Night) -> TableRow.Value {
    .text(api == .fitbit ? "\(night.number)" : "users/me/dataTypes/sleep/dataPoints/\(night.number)")
  }

  private func sleepLog(_ night: Night, of participant: SimulatedParticipant, isPending: Bool) -> TableRow {
    func minutes(_ value: Int) -> TableRow.Value { isPending ? .null : .integer(value) }
    let type = night.hasStages ? "stages" : "classic"
    return TableRow(
      "fitbit_sleep_log",
      [
        ("log_id", logID(night)), ("date", .text(night.date.description)), ("instant", .integer(night.instants.lowerBound)),
        ("utc_offset", .integer(participant.zone.offset(at: night.instants.lowerBound))),
        ("end_instant", .integer(night.instants.upperBound)), ("type", .text(api == .fitbit ? type : type.uppercased())),
        ("is_main_sleep", .integer(night.isMain ? 1 : 0)), ("minutes_asleep", minutes(night.minutesAsleep)),
        ("minutes_awake", minutes(night.minutesAwake)), ("minutes_to_fall_asleep", minutes(0)), ("minutes_after_wakeup", minutes(0)),
        ("minutes_in_bed", minutes(night.minutesInBed)),
      ])
  }

  /// Google reports the end of a stage, Fitbit its length.
  private func stages(_ night: Night, of participant: SimulatedParticipant) -> [TableRow] {
    night.segments.map { segment in
      TableRow(
        "fitbit_sleep_stage",
        [
          ("log_id", logID(night)), ("instant", .integer(segment.start)),
          ("utc_offset", .integer(participant.zone.offset(at: segment.start))),
          ("stage", .text(api == .fitbit ? segment.level.rawValue : segment.level.googleName)),
          ("seconds", api == .fitbit ? .integer(segment.seconds) : .null),
        ] + (api == .fitbit ? [] : [("end_instant", .integer(segment.start + segment.seconds))]))
    }
  }

  private func measurements(_ measured: Night.Measurements, on date: CivilDate, of participant: SimulatedParticipant) -> [TableRow] {
    func real(_ tenths: Int) -> TableRow.Value { .real(Double(tenths) / 10) }
    func google(_ value: TableRow.Value) -> TableRow.Value { api == .googleHealth ? value : .null }
    let day = ("date", TableRow.Value.text(date.description))
    var rows: [TableRow] = []
    if allows(.heartrate, participant) {
      rows.append(
        TableRow(
          "fitbit_daily_hrv",
          [
            day, ("rmssd", real(measured.heartRateVariability)), ("deep_rmssd", real(measured.deepHeartRateVariability)),
            ("entropy", google(.real(2.9))), ("non_rem_heart_rate", google(.integer(59))),
          ]))
    }
    if allows(.oxygenSaturation, participant) {
      rows.append(
        TableRow(
          "fitbit_daily_oxygen_saturation",
          [day, ("average", real(measured.oxygenAverage)), ("lower", real(measured.oxygenLowest)), ("upper", real(measured.oxygenHighest))]))
    }
    if allows(.respiratoryRate, participant) {
      rows.append(TableRow("fitbit_daily_breathing_rate", [day, ("breaths_per_minute", real(measured.breathingRate))]))
    }
    if allows(.temperature, participant) {
      rows.append(
        TableRow(
          "fitbit_daily_skin_temperature",
          [
            day, ("nightly_relative", api == .fitbit ? real(measured.relativeTemperature) : .null),
            ("nightly", google(real(measured.temperature))), ("baseline", google(measured.usualTemperature.map(real) ?? .null)),
            ("relative_deviation_30d", google(measured.usualTemperature == nil ? .null : .real(0.4))),
          ]))
    }
    return rows
  }
}
