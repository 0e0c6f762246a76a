import FlowBase

extension Truth {
  /// Calls `body` with every row about a participant's body: weight, fat, cardio fitness, heart rate variability.
  package func forEachBodyRow(of participant: SimulatedParticipant, _ body: (TableRow) throws -> Void) rethrows {
    guard let days = localDays(of: participant), let log = BodyLog(of: participant, now: now) else { return }
    for date in days {
      if allows(.weight, participant) {
        for weighing in log.weighings(on: date) {
          for row in rows(of: weighing, participant) { try body(row) }
        }
      }
      if allows(.cardioFitness, participant), let fitness = log.cardioFitness(on: date) { try body(row(of: fitness)) }
    }
    guard allows(.heartrate, participant) else { return }
    for row in variability(of: participant, on: days) { try body(row) }
  }

  private func rows(of weighing: Weighing, _ participant: SimulatedParticipant) -> [TableRow] {
    let isGoogle = api == .googleHealth
    func common(_ type: String) -> [(String, TableRow.Value)] {
      let number = isGoogle ? "users/me/dataTypes/\(type)/dataPoints/\(weighing.number)" : "\(weighing.number)"
      return [
        ("log_id", .text(number)), ("date", .text(weighing.date.description)), ("instant", .integer(weighing.instant)),
        ("utc_offset", .integer(participant.zone.offset(at: weighing.instant))),
      ]
    }
    let source = ("source", TableRow.Value.text(isGoogle ? weighing.source.googleName : weighing.source.rawValue))
    let weight = TableRow(
      "fitbit_weight",
      common("weight") + [
        ("weight", .real(weighing.kilograms)), ("bmi", isGoogle ? .null : .real(weighing.bodyMassIndex)),
        ("fat", isGoogle ? .null : weighing.fatPercentage.map { .real($0) } ?? .null), source,
      ])
    guard let fat = weighing.fatPercentage else { return [weight] }
    return [weight, TableRow("fitbit_body_fat", common("body-fat") + [("fat", .real(fat)), source])]
  }

  private func row(of fitness: CardioFitness) -> TableRow {
    let isGoogle = api == .googleHealth
    return TableRow(
      "fitbit_vo2max",
      [
        ("date", .text(fitness.date.description)), ("low", .real(isGoogle ? fitness.exact : fitness.low)),
        ("high", .real(isGoogle ? fitness.exact : fitness.high)), ("value", isGoogle ? .null : .text(fitness.text)),
        ("level", isGoogle ? .text("GOOD") : .null), ("estimated", isGoogle ? .integer(fitness.isMeasured ? 0 : 1) : .null),
      ])
  }

  /// Fitbit assigns what is measured in a night to the day on which it ends, Google to its own time.
  private func variability(of participant: SimulatedParticipant, on days: [CivilDate]) -> [TableRow] {
    guard let nights = Nights(of: participant, now: now), let first = days.first else { return [] }
    let isGoogle = api == .googleHealth
    let start = participant.zone.instants(of: first).lowerBound
    return days.compactMap { nights.night(endingOn: $0) }.filter { !$0.isPending(latestSync: nights.latestSync) }.flatMap { night in
      let fives = nights.variability(during: night)
      return fives.filter { !isGoogle || $0.instant >= start }.map { five in
        let date = isGoogle ? participant.zone.day(at: five.instant) : night.date
        return TableRow(
          "fitbit_hrv",
          [
            ("instant", .integer(five.instant)), ("utc_offset", .integer(participant.zone.offset(at: five.instant))),
            ("date", .text(date.description)), ("night_instant", isGoogle ? .null : .integer(fives[0].instant)),
            ("rmssd", .real(Double(five.rmssd) / 10)), ("coverage", isGoogle ? .null : .real(0.935)), ("hf", .real(Double(five.highFrequency))),
            ("lf", .real(Double(five.lowFrequency))),
          ])
      }
    }
  }
}

extension Weighing.Source {
  /// The recording method in the Google Health API.
  var googleName: String { self == .scale ? "ACTIVELY_MEASURED" : "MANUAL" }
}
