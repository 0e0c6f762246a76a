import FlowBase

extension Truth {
  private static let quarterSeconds = 900

  /// Calls `body` with every row of a participant's intervals of 15 minutes, table by table, each in order of time.
  ///
  /// The warehouse flows collect whole days of UTC, as they collect whole local days of totals: those that touch the window. The interval
  /// of the latest sync has what had arrived by then.
  package func forEachQuarterRow(of participant: SimulatedParticipant, _ body: (TableRow) throws -> Void) rethrows {
    guard let window = window(of: participant), var reader = MinuteReader(participant, now: now) else { return }
    let days = window.lowerBound.flooredDivision(by: 86_400)...(window.upperBound - 1).flooredDivision(by: 86_400)
    let span = days.lowerBound * 86_400..<(days.upperBound + 1) * 86_400
    var (rates, steps, distances): ([TableRow], [TableRow], [TableRow]) = ([], [], [])
    for start in stride(from: span.lowerBound, to: span.upperBound, by: Self.quarterSeconds) {
      let quarter = Quarter(of: start..<start + Self.quarterSeconds, &reader, countsUnworn: api == .fitbit)
      let time: [(String, TableRow.Value)] = [("instant", .integer(start)), ("utc_offset", .integer(participant.zone.offset(at: start)))]
      if let rate = quarter.heartRate { rates.append(TableRow("fitbit_15min_hr", time + [("value", .integer(rate))])) }
      guard let count = quarter.steps else { continue }
      steps.append(TableRow("fitbit_15min_steps", time + [("value", .integer(count))]))
      let kilometres = Double(count * participant.strideCentimetres) / 100_000
      distances.append(TableRow("fitbit_15min_distance", time + [("value", .real(kilometres))]))
    }
    if sharesHeartRate(participant) { try rates.forEach(body) }
    if sharesActivity(participant) { try (steps + distances).forEach(body) }
  }

  private func sharesHeartRate(_ participant: SimulatedParticipant) -> Bool {
    switch api {
    case .fitbit: consent.allows(.heartrate, for: participant)
    case .googleHealth: consent.covers(.healthMetricsAndMeasurements, for: participant)
    }
  }

  private func sharesActivity(_ participant: SimulatedParticipant) -> Bool {
    switch api {
    case .fitbit: consent.allows(.activity, for: participant)
    case .googleHealth: consent.covers(.activityAndFitness, for: participant)
    }
  }
}

/// What has arrived of the minutes of one interval.
private struct Quarter {
  /// The mean of the samples, rounded to nearest; nil without samples.
  private(set) var heartRate: Int?
  /// nil: nothing is reported.
  private(set) var steps: Int?

  /// - Parameter countsUnworn: whether a minute without the tracker counts as one without steps, or as none.
  init(of span: Range<Int>, _ reader: inout MinuteReader, countsUnworn: Bool) {
    var (sum, count) = (0, 0)
    for instant in stride(from: span.lowerBound, to: span.upperBound, by: 60) {
      guard let minute = reader.minute(at: instant) else { continue }
      let samples = minute.heartRateSum
      sum += samples.sum
      count += samples.count
      if minute.worn || countsUnworn { steps = (steps ?? 0) + minute.steps }
    }
    heartRate = count > 0 ? roundedMean(sum, count) : nil
  }
}
