import FlowBase
import NIOCore

/// Exercises and the body in the format of the Google Health API.
extension PointSource {
  /// Points of a type that is not generated minute by minute, newest first. Positions are instants.
  func sparse(_ type: GoogleHealthDataType, in span: Range<Int>, _ filter: GoogleHealthFilter, limit: Int) -> PointRun {
    var text = ByteBuffer()
    var count = 0
    for point in sparsePoints(type, in: span).sorted(by: { $0.instant > $1.instant }) {
      guard span.contains(point.instant), filter.admits(point.instant, offset: participant.zone.offset(at: point.instant)) else { continue }
      if count == limit { return PointRun(text: text, next: point.instant + 1) }
      if count > 0 { text.writeString(",") }
      count += 1
      text.writeString(point.text)
    }
    return PointRun(text: text, next: nil)
  }

  /// All in a span, and perhaps some beside it.
  private func sparsePoints(_ type: GoogleHealthDataType, in span: Range<Int>) -> [(instant: Int, text: String)] {
    let days = days(around: span)
    switch type.name {
    case "exercise":
      return (ActivityLog(of: participant, now: now)?.all(from: days.first, until: days.last) ?? []).map { ($0.instants.lowerBound, exercise($0)) }
    case "weight": return weighings(on: days).map { ($0.instant, weight($0)) }
    case "body-fat": return weighings(on: days).filter { $0.fat != nil }.map { ($0.instant, bodyFat($0)) }
    case "heart-rate-variability": return variability(on: days).map { ($0.instant, point($0)) }
    case "vo2-max", "run-vo2-max": return runs(on: days).map { ($0.instants.upperBound, fitness($0, type)) }
    default: return []
    }
  }

  /// The local days of a span, one more before and two after it: a night is known by the day on which it ends.
  private func days(around span: Range<Int>) -> [CivilDate] {
    (participant.zone.day(at: span.lowerBound).dayNumber - 1...participant.zone.day(at: span.upperBound).dayNumber + 1).map(CivilDate.init)
  }

  // MARK: Exercise

  private func exercise(_ activity: Activity) -> String {
    let name = "users/me/dataTypes/exercise/dataPoints/\(activity.number)"
    let device = activity.record == .manual ? "" : #""device":{"displayName":"\#(GoogleHealthPayload.trackerName(of: participant))"},"#
    let head =
      isReconciled
      ? #""dataPointName":"\#(name)""#
      : #""name":"\#(name)","dataSource":{\#(device)"platform":"FITBIT","recordingMethod":"\#(activity.record.googleName)"}"#
    var members = [
      GoogleHealthPayload.interval(activity.instants.lowerBound, activity.instants.upperBound, in: participant.zone, withCivil: withCivil),
      #""exerciseType":"\#(activity.kind.googleName)""#, #""displayName":"\#(activity.name)""#, #""activeDuration":"\#(activity.activeSeconds)s""#,
      #""metricsSummary":{\#(metrics(of: activity).joined(separator: ","))}"#,
      #""exerciseMetadata":{\#(activity.hasPositions && !activity.isPhoneGPS ? #""hasGps":true"# : "")}"#,
    ]
    if activity.laps.count > 1 { members.append(#""splits":[\#(activity.laps.map(split).joined(separator: ","))]"#) }
    if activity.record == .tracker { members.append(#""splitSummaries":[\#(summary(of: activity))]"#) }
    let created = rfc3339(activity.instants.upperBound + 600).dropLast()
    members += [#""createTime":"\#(created).123456Z""#, #""updateTime":"\#(rfc3339(activity.modified).dropLast()).500Z""#]
    return #"{\#(head),"exercise":{\#(members.joined(separator: ","))}}"#
  }

  /// int64 as strings, zeros omitted.
  private func metrics(of activity: Activity) -> [String] {
    var members = [#""caloriesKcal":\#(activity.kilocalories)"#]
    if let way = activity.millimetres { members.append(#""distanceMillimeters":\#(way)"#) }
    if let steps = activity.steps, steps > 0 { members.append(#""steps":"\#(steps)""#) }
    if let rate = activity.averageHeartRate { members.append(#""averageHeartRateBeatsPerMinute":"\#(rate)""#) }
    if let elevation = activity.elevation { members.append(#""elevationGainMillimeters":\#(elevation * 100)"#) }
    if let minutes = activity.zoneMinutes, minutes > 0 { members.append(#""activeZoneMinutes":"\#(minutes)""#) }
    return members
  }

  private func times(_ instants: Range<Int>) -> String {
    let zone = participant.zone
    let (start, end) = (instants.lowerBound, instants.upperBound)
    return #""startTime":"\#(rfc3339(start))","startUtcOffset":"\#(zone.offset(at: start))s","endTime":"\#(rfc3339(end))","endUtcOffset":"\#(zone.offset(at: end))s","#
      + #""activeDuration":"\#(instants.count)s""#
  }

  private func split(_ lap: Activity.Lap) -> String {
    let way = lap.centimetres.map { #","distanceMillimeters":\#($0 * 10)"# } ?? ""
    let metrics = #""caloriesKcal":\#(lap.kilocalories)\#(way),"averageHeartRateBeatsPerMinute":"\#(lap.averageHeartRate)""#
    return #"{\#(times(lap.instants)),"splitType":"DISTANCE","metricsSummary":{\#(metrics)}}"#
  }

  private func summary(of activity: Activity) -> String {
    let kept = metrics(of: activity).filter { !$0.contains("elevation") && !$0.contains("activeZone") }
    return #"{\#(times(activity.instants)),"splitType":"MANUAL","metricsSummary":{\#(kept.joined(separator: ","))}}"#
  }

  // MARK: Body

  private func weighings(on days: [CivilDate]) -> [Weighing] {
    BodyLog(of: participant, now: now).map { log in days.flatMap { log.weighings(on: $0) } } ?? []
  }

  private func runs(on days: [CivilDate]) -> [Activity] {
    BodyLog(of: participant, now: now).map { log in days.compactMap { log.run(on: $0) } } ?? []
  }

  private func variability(on days: [CivilDate]) -> [Night.Variability] {
    guard let nights = Nights(of: participant, now: now) else { return [] }
    return days.compactMap { nights.night(endingOn: $0) }.filter { !$0.isPending(latestSync: nights.latestSync) }
      .flatMap { nights.variability(during: $0) }
  }

  private func sampleTime(_ instant: Int) -> String {
    let offset = participant.zone.offset(at: instant)
    let civil = withCivil ? #","civilTime":\#(GoogleHealthPayload.civilTime(instant + offset))"# : ""
    return #""sampleTime":{"physicalTime":"\#(rfc3339(instant))","utcOffset":"\#(offset)s"\#(civil)}"#
  }

  private func head(_ type: String, _ weighing: Weighing) -> String {
    let name = "users/me/dataTypes/\(type)/dataPoints/\(weighing.number)"
    return isReconciled
      ? #""dataPointName":"\#(name)""# : #""name":"\#(name)","dataSource":{"platform":"FITBIT","recordingMethod":"\#(weighing.source.googleName)"}"#
  }

  private func weight(_ weighing: Weighing) -> String {
    #"{\#(head("weight", weighing)),"weight":{\#(sampleTime(weighing.instant)),"weightGrams":\#(weighing.grams)}}"#
  }

  private func bodyFat(_ weighing: Weighing) -> String {
    #"{\#(head("body-fat", weighing)),"bodyFat":{\#(sampleTime(weighing.instant)),"percentage":\#(weighing.fatPercentage ?? 0)}}"#
  }

  private func point(_ five: Night.Variability) -> String {
    let source = isReconciled ? "" : GoogleHealthPayload.dataSource(of: participant) + ","
    return #"{\#(source)"heartRateVariability":{\#(sampleTime(five.instant)),"rootMeanSquareOfSuccessiveDifferencesMilliseconds":\#(Double(five.rmssd) / 10),"#
      + #""metadata":{"highFrequencyPower":\#(five.highFrequency),"lowFrequencyPower":\#(five.lowFrequency)}}}"#
  }

  private func fitness(_ run: Activity, _ type: GoogleHealthDataType) -> String {
    let value = BodyLog(of: participant, now: now)?.cardioFitness(on: run.date)?.exact ?? 40
    let method = type.name == "vo2-max" ? #","measurementMethod":"FITBIT_RUN""# : ""
    let source = isReconciled ? "" : #""dataSource":{"platform":"FITBIT","recordingMethod":"DERIVED"},"#
    return #"{\#(source)"\#(type.member)":{\#(sampleTime(run.instants.upperBound)),"\#(type.member)":\#(value)\#(method)}}"#
  }

  /// The members beside the date of `daily-vo2-max`; nil: none.
  func fitnessValue(_ type: GoogleHealthDataType, _ date: CivilDate) -> String? {
    guard type.name == "daily-vo2-max", let fitness = BodyLog(of: participant, now: now)?.cardioFitness(on: date) else { return nil }
    return #""vo2Max":\#(fitness.exact),"cardioFitnessLevel":"GOOD","# + (fitness.isMeasured ? "" : #""estimated":true,"#) + #""vo2MaxCovariance":4.1"#
  }

  // MARK: Track

  /// The track of an exercise in JSON, plain or as Base64; nil: there is none.
  func track(_ number: UInt64, withPartial: Bool) -> String? {
    guard let activity = ActivityLog(of: participant, now: now)?.activity(numbered: number), activity.record != .manual else { return nil }
    return TrackText(activity, in: participant.zone, isUTC: true).document(withPoints: activity.hasPositions || withPartial)
  }
}
