import FlowBase

/// The responses about nights, in the provider's format. Times are local without an offset; all times of a sleep use
/// the offset of its start.
struct FitbitNightly {
  let participant: SimulatedParticipant
  let now: Int

  func answer(_ route: FitbitNightlyRoute) -> String {
    let days = route.dates.lowerBound.dayNumber...route.dates.upperBound.dayNumber
    let dates = days.map(CivilDate.init)
    switch route.resource {
    case .sleep: return sleep(on: dates)
    case .hrv: return #"{"hrv":[\#(nights(dates) { hrv($0, $1, route.isDetailed) })]}"#
    case .br: return #"{"br":[\#(nights(dates) { breathing($0, $1, route.isDetailed) })]}"#
    case .spo2:
      let values = nights(dates) { oxygen($0, $1, route.isDetailed) }
      // A single date yields an object, a range a list.
      return route.isRange ? "[\(values)]" : values.isEmpty ? "{}" : values
    case .skinTemperature:
      return #"{"tempSkin":[\#(nights(dates) { temperature($0, $1) })]}"#
    case .coreTemperature: return #"{"tempCore":[]}"#
    }
  }

  // MARK: Sleep

  private func sleeps(on dates: [CivilDate]) -> [Night] {
    guard let nights = Nights(of: participant, now: now) else { return [] }
    return dates.flatMap { nights.sleeps(endingOn: $0) }
  }

  private func isPending(_ night: Night) -> Bool {
    night.isPending(latestSync: participant.latestSync(now: now) ?? .min)
  }

  private func sleep(on dates: [CivilDate]) -> String {
    let sleeps = sleeps(on: dates)
    guard !sleeps.contains(where: isPending) else { return #"{"meta":{"retryDuration":3000,"state":"pending"}}"# }
    let staged = sleeps.filter(\.hasStages)
    var members = ""
    if !staged.isEmpty {
      let stages = [Night.Level.deep, .light, .rem, .wake].map { level in
        #""\#(level.rawValue)":\#(staged.map { $0.minutes(of: level) }.reduce(0, +))"#
      }
      members = #""stages":{\#(stages.joined(separator: ","))},"#
    }
    members += #""totalMinutesAsleep":\#(sleeps.map(\.minutesAsleep).reduce(0, +)),"totalSleepRecords":\#(sleeps.count),"#
    members += #""totalTimeInBed":\#(sleeps.map(\.minutesInBed).reduce(0, +))"#
    return #"{"sleep":[\#(sleeps.map(record).joined(separator: ","))],"summary":{\#(members)}}"#
  }

  /// One page of all processed sleeps, with a link to the next.
  /// - Parameter origin: scheme and host.
  func list(_ list: FitbitLogList, origin: String) -> String {
    let known = Population.start / 86_400 - 30...participant.zone.day(at: now).dayNumber
    let days = list.isAscending ? Array(known) : known.reversed()
    let wanted = days.filter { list.isAscending ? $0 > list.date.dayNumber : $0 < list.date.dayNumber }
    let sleeps = sleeps(on: wanted.map(CivilDate.init)).filter { !isPending($0) }
    let ordered = list.isAscending ? sleeps.sorted { $0.instants.lowerBound < $1.instants.lowerBound } : sleeps
    let page = ordered.dropFirst(list.offset).prefix(list.limit)
    let pagination = list.pagination(count: page.count, of: ordered.count, origin: origin)
    return #"{"pagination":\#(pagination),"sleep":[\#(page.map(record).joined(separator: ","))]}"#
  }

  private func record(_ night: Night) -> String {
    let offset = participant.zone.offset(at: night.instants.lowerBound)
    func time(_ instant: Int) -> String { wallClock(instant + offset) + ".000" }
    func segments(_ segments: [Night.Segment]) -> String {
      segments.map { #"{"dateTime":"\#(time($0.start))","level":"\#($0.level.rawValue)","seconds":\#($0.seconds)}"# }.joined(separator: ",")
    }
    let summary = night.levels.map { level in
      let average = night.hasStages ? #","thirtyDayAvgMinutes":\#(night.minutes(of: level) * 9 / 10)"# : ""
      return #""\#(level.rawValue)":{"count":\#(night.count(of: level)),"minutes":\#(night.minutes(of: level))\#(average)}"#
    }
    let short = night.hasStages ? #""shortData":[\#(segments(night.awakenings))],"# : ""
    let levels = #"{"data":[\#(segments(night.segments))],\#(short)"summary":{\#(summary.joined(separator: ","))}}"#
    return #"{"dateOfSleep":"\#(night.date)","duration":\#(night.instants.count * 1000),"#
      + #""efficiency":\#(100 * night.minutesAsleep / night.minutesInBed),"endTime":"\#(time(night.instants.upperBound))","#
      + #""infoCode":\#(night.hasStages ? 0 : 2),"isMainSleep":\#(night.isMain),"levels":\#(levels),"logId":\#(night.number),"#
      + #""logType":"auto_detected","minutesAfterWakeup":0,"minutesAsleep":\#(night.minutesAsleep),"minutesAwake":\#(night.minutesAwake),"#
      + #""minutesToFallAsleep":0,"startTime":"\#(time(night.instants.lowerBound))","timeInBed":\#(night.minutesInBed),"#
      + #""type":"\#(night.hasStages ? "stages" : "classic")"}"#
  }

  // MARK: Measurements

  /// The processed main nights of the dates, in order.
  private func nights(_ dates: [CivilDate], _ text: (Night, Night.Measurements) -> String) -> String {
    guard let nights = Nights(of: participant, now: now) else { return "" }
    return dates.compactMap { nights.night(endingOn: $0) }.filter { !isPending($0) }
      .compactMap { night in night.measurements.map { text(night, $0) } }.joined(separator: ",")
  }

  private func hrv(_ night: Night, _ measured: Night.Measurements, _ isDetailed: Bool) -> String {
    guard isDetailed else {
      let value = #"{"dailyRmssd":\#(tenths(measured.heartRateVariability)),"deepRmssd":\#(tenths(measured.deepHeartRateVariability))}"#
      return #"{"value":\#(value),"dateTime":"\#(night.date)"}"#
    }
    let offset = participant.zone.offset(at: night.instants.lowerBound)
    let minutes = (Nights(of: participant, now: now)?.variability(during: night) ?? []).map { five in
      let value = #"{"rmssd":\#(tenths(five.rmssd)),"coverage":0.935,"hf":\#(five.highFrequency),"lf":\#(five.lowFrequency)}"#
      return #"{"minute":"\#(wallClock(five.instant + offset)).000","value":\#(value)}"#
    }
    return #"{"minutes":[\#(minutes.joined(separator: ","))],"dateTime":"\#(night.date)"}"#
  }

  private func oxygen(_ night: Night, _ measured: Night.Measurements, _ isDetailed: Bool) -> String {
    guard isDetailed else {
      let value = #"{"avg":\#(tenths(measured.oxygenAverage)),"min":\#(tenths(measured.oxygenLowest)),"max":\#(tenths(measured.oxygenHighest))}"#
      return #"{"dateTime":"\#(night.date)","value":\#(value)}"#
    }
    let minutes = everyFiveMinutes(of: night).map { time, noise in
      // 50 means that the sensor had no reading.
      let value = noise % 40 == 0 ? 500 : min(measured.oxygenHighest, max(measured.oxygenLowest, measured.oxygenAverage + noise % 20 - 10))
      return #"{"value":\#(tenths(value)),"minute":"\#(time)"}"#
    }
    return #"{"dateTime":"\#(night.date)","minutes":[\#(minutes.joined(separator: ","))]}"#
  }

  private func breathing(_ night: Night, _ measured: Night.Measurements, _ isDetailed: Bool) -> String {
    guard isDetailed else { return #"{"value":{"breathingRate":\#(tenths(measured.breathingRate))},"dateTime":"\#(night.date)"}"# }
    // Too little time in a stage yields -1 instead of a rate.
    let parts = [("deep", Night.Level.deep), ("rem", .rem), ("light", .light)].map { name, level in
      let rate = night.minutes(of: level) > 20 ? measured.breathingRate - night.minutes(of: level) % 10 : -10
      return #""\#(name)SleepSummary":{"breathingRate":\#(tenths(rate))}"#
    }
    let full = #""fullSleepSummary":{"breathingRate":\#(tenths(measured.breathingRate))}"#
    return #"{"value":{\#((parts + [full]).joined(separator: ","))},"dateTime":"\#(night.date)"}"#
  }

  private func temperature(_ night: Night, _ measured: Night.Measurements) -> String {
    #"{"dateTime":"\#(night.date)","value":{"nightlyRelative":\#(tenths(measured.relativeTemperature))},"logType":"dedicated_temp_sensor"}"#
  }

  private func tenths(_ value: Int) -> Double { Double(value) / 10 }

  /// Local times, each with a seeded number below 200.
  private func everyFiveMinutes(of night: Night) -> [(time: String, noise: Int)] {
    let offset = participant.zone.offset(at: night.instants.lowerBound)
    let dice = participant.dice.fork(Purpose.nights).fork(2)
    return stride(from: night.instants.lowerBound + 1200, to: night.instants.upperBound, by: 300).map { instant in
      (wallClock(instant + offset), dice.below(200, at: instant / 60))
    }
  }
}
