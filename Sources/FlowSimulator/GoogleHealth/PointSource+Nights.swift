import FlowBase
import NIOCore

/// Nights in the format of the Google Health API.
extension PointSource {
  /// Sleeps that ended in a span, newest first. Positions are end times.
  func sleep(in span: Range<Int>, _ filter: GoogleHealthFilter, limit: Int) -> PointRun {
    guard let nights = Nights(of: participant, now: now) else { return PointRun(text: ByteBuffer(), next: nil) }
    let zone = participant.zone
    var text = ByteBuffer()
    var count = 0
    for day in (zone.day(at: span.lowerBound).dayNumber...zone.day(at: span.upperBound).dayNumber).reversed() {
      for night in nights.sleeps(endingOn: CivilDate(dayNumber: day)) {
        let end = night.instants.upperBound
        guard span.contains(end), filter.admits(end, offset: zone.offset(at: end)) else { continue }
        if count == limit { return PointRun(text: text, next: end + 1) }
        if count > 0 { text.writeString(",") }
        count += 1
        text.writeString(point(night, isPending: night.isPending(latestSync: nights.latestSync)))
      }
    }
    return PointRun(text: text, next: nil)
  }

  /// A sleep that is not processed yet has neither stages nor sums.
  private func point(_ night: Night, isPending: Bool) -> String {
    let end = night.instants.upperBound
    let name = "users/me/dataTypes/sleep/dataPoints/\(night.number)"
    let head =
      isReconciled
      ? #""dataPointName":"\#(name)""# : #""name":"\#(name)","dataSource":{"platform":"FITBIT","recordingMethod":"DERIVED"}"#
    var metadata = night.isMain ? [#""mainSleep":true"#] : [#""nap":true"#]
    if !isPending { metadata.append(#""processed":true"#) }
    if !isPending, night.hasStages { metadata.append(#""stagesStatus":"SUCCEEDED""#) }
    let updated = isPending ? end + 900 : max(end + 1200, night.processedFrom)
    var members = [
      #""createTime":"\#(rfc3339(end + 900))""#, #""updateTime":"\#(rfc3339(updated))""#,
      GoogleHealthPayload.interval(night.instants.lowerBound, end, in: participant.zone, withCivil: false),
      #""metadata":{\#(metadata.joined(separator: ","))}"#,
    ]
    if !isPending { members += [#""stages":[\#(night.segments.map(stage).joined(separator: ","))]"#, summary(night)] }
    members.append(#""type":"\#(night.hasStages ? "STAGES" : "CLASSIC")""#)
    return #"{\#(head),"sleep":{\#(members.joined(separator: ","))}}"#
  }

  private func stage(_ segment: Night.Segment) -> String {
    let (start, end) = (segment.start, segment.start + segment.seconds)
    let zone = participant.zone
    return #"{"startTime":"\#(rfc3339(start))","startUtcOffset":"\#(zone.offset(at: start))s","endTime":"\#(rfc3339(end))","#
      + #""endUtcOffset":"\#(zone.offset(at: end))s","type":"\#(segment.level.googleName)"}"#
  }

  private func summary(_ night: Night) -> String {
    let stages = night.levels.filter { night.count(of: $0) > 0 }.map { level in
      let minutes = night.minutes(of: level)
      let counted = minutes > 0 ? #","minutes":"\#(minutes)""# : ""
      return #"{"type":"\#(level.googleName)"\#(counted),"count":"\#(night.count(of: level))"}"#
    }
    let awake = night.minutesAwake > 0 ? #""minutesAwake":"\#(night.minutesAwake)","# : ""
    return #""summary":{"minutesAsleep":"\#(night.minutesAsleep)",\#(awake)"minutesInSleepPeriod":"\#(night.minutesInBed)","#
      + #""stagesSummary":[\#(stages.joined(separator: ","))]}"#
  }

  /// The members beside the date for a daily type that is derived from a night; nil: no processed night.
  func nightlyValue(_ type: GoogleHealthDataType, _ date: CivilDate) -> String? {
    guard let nights = Nights(of: participant, now: now), let night = nights.night(endingOn: date),
      !night.isPending(latestSync: nights.latestSync), let measured = night.measurements
    else { return nil }
    func tenths(_ value: Int) -> Double { Double(value) / 10 }
    switch type.name {
    case "daily-heart-rate-variability":
      return #""averageHeartRateVariabilityMilliseconds":\#(tenths(measured.heartRateVariability)),"#
        + #""deepSleepRootMeanSquareOfSuccessiveDifferencesMilliseconds":\#(tenths(measured.deepHeartRateVariability)),"#
        + #""entropy":2.9,"nonRemHeartRateBeatsPerMinute":"59""#
    case "daily-oxygen-saturation":
      return #""averagePercentage":\#(tenths(measured.oxygenAverage)),"lowerBoundPercentage":\#(tenths(measured.oxygenLowest)),"#
        + #""upperBoundPercentage":\#(tenths(measured.oxygenHighest))"#
    case "daily-respiratory-rate": return #""breathsPerMinute":\#(tenths(measured.breathingRate))"#
    case "daily-sleep-temperature-derivations":
      // A value that is not known yet is "NaN".
      let usual = measured.usualTemperature.map { "\(tenths($0))" }
      return #""baselineTemperatureCelsius":\#(usual ?? #""NaN""#),"nightlyTemperatureCelsius":\#(tenths(measured.temperature)),"#
        + #""relativeNightlyStddev30dCelsius":\#(usual == nil ? #""NaN""# : "0.4")"#
    default: return nil
    }
  }
}
