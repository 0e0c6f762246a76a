import FlowBase
import NIOCore

/// The response of `dailyRollUp`: windows of whole civil days, newest first. Not paginated.
struct GoogleHealthDailyRollUp {
  let answer: ByteBuffer

  init(
    _ request: WireRequest, type: GoogleHealthDataType, participant: SimulatedParticipant, now: Int, summaries: SummaryCache
  ) throws(WireRefusal) {
    let body = try GoogleHealthBody(
      request.body, names: ["range", "windowSizeDays", "pageSize", "pageToken", "dataSourceFamily"])
    let range = try body.object("range", names: ["start", "end"])
    let (first, end) = (try range.day("start"), try range.day("end"))
    let windowDays = try body.integer("windowSizeDays") ?? 1
    guard first < end else { throw .timeRange }
    guard windowDays > 0 else { throw .invalidArgument("windowSizeDays must be positive.") }
    guard end - first <= type.rollupDays, (try body.integer("pageSize") ?? 1) * windowDays <= type.rollupDays else {
      throw .rollupDuration(type.rollupDays)
    }
    // The page size does not cut the answer: it must have room for all windows.
    if let size = try body.integer("pageSize"), size > 0, size * windowDays < end - first {
      throw .invalidArgument("page_size too small for the requested range.", reason: "INVALID_DATA_POINT_NAME")
    }
    let values = DailyRollUpValues(type: type, participant: participant, now: now, summaries: summaries)
    let points = stride(from: first, to: end, by: windowDays).reversed().compactMap { start in
      values.point(of: start..<min(end, start + windowDays))
    }
    answer = ByteBuffer(string: points.isEmpty ? "{}" : #"{"rollupDataPoints":[\#(points.joined(separator: ","))]}"#)
  }
}

/// The values of a daily rollup.
private struct DailyRollUpValues {
  let type: GoogleHealthDataType
  let participant: SimulatedParticipant
  let now: Int
  let summaries: SummaryCache

  /// nil: no point is reported for these days.
  func point(of days: Range<Int>) -> String? {
    let known = days.filter { day in
      participant.latestSync(now: now).map { participant.zone.instants(of: CivilDate(dayNumber: day)).lowerBound < $0 } ?? false
    }
    guard !known.isEmpty else { return nil }
    let value = value(
      known.map { summaries.summary(of: participant, date: CivilDate(dayNumber: $0), zone: participant.zone, now: now) })
    // Report some of the windows without a value, as points without the member.
    guard value != nil || participant.dice.fork(Purpose.pages).below(2, at: days.lowerBound) == 0 else { return nil }
    func midnight(_ day: Int) -> String { GoogleHealthPayload.civilTime(day * 86_400) }
    let member = value.map { #","\#(type.member)":{\#($0)}"# } ?? ""
    return #"{"civilStartTime":\#(midnight(days.lowerBound)),"civilEndTime":\#(midnight(days.upperBound))\#(member)}"#
  }

  /// The contents of the member, without zero values. nil: not worn, or the tracker has no sensor for it.
  private func value(_ days: [DailySummary]) -> String? {
    if type.name == "total-calories" { return energy(days.map(\.caloriesOut).reduce(0, +)) }
    let days = days.filter { $0.wornMinutes > 0 }
    guard !days.isEmpty else { return nil }
    func sum(_ value: (DailySummary) -> Int) -> Int { days.map(value).reduce(0, +) }
    switch type.name {
    case "steps": return whole("countSum", sum(\.steps))
    case "distance": return whole("millimetersSum", sum { $0.distanceHundredths * 10_000 })
    case "floors": return participant.hasAltimeter ? whole("countSum", sum { $0.floors ?? 0 }) : nil
    case "altitude": return participant.hasAltimeter ? whole("gainMillimetersSum", sum { ($0.floors ?? 0) * 3048 }) : nil
    case "active-energy-burned": return energy(sum(\.activityCalories))
    case "sedentary-period": return #""durationSum":"\#(sum(\.wornSedentaryMinutes) * 60)s""#
    case "active-minutes":
      let levels = [
        ("LIGHT", sum(\.lightlyActiveMinutes)), ("MODERATE", sum(\.fairlyActiveMinutes)), ("VIGOROUS", sum(\.veryActiveMinutes)),
      ]
      return list("activeMinutesRollupByActivityLevel", levels.map { level, minutes in
        let counted = minutes > 0 ? #","activeMinutesSum":"\#(minutes)""# : ""
        return #"{"activityLevel":"\#(level)"\#(counted)}"#
      })
    case "time-in-heart-rate-zone":
      return zones("timeInHeartRateZones", days) { #""duration":"\#($0.minutes * 60)s""# }
    case "calories-in-heart-rate-zone":
      return zones("caloriesInHeartRateZones", days) { #""kcal":\#($0.calories)"# }
    default: return nil
    }
  }

  private func whole(_ name: String, _ value: Int) -> String { value == 0 ? "" : #""\#(name)":"\#(value)""# }

  /// Kilocalories with a fraction, which round to the whole number.
  private func energy(_ calories: Int) -> String {
    guard calories > 0 else { return "" }
    let hundredths = calories * 100 + participant.dice.fork(Purpose.pages).below(90, at: calories) - 45
    return #""kcalSum":\#(Double(hundredths) / 100)"#
  }

  private func list(_ name: String, _ entries: [String]) -> String { #""\#(name)":[\#(entries.joined(separator: ","))]"# }

  /// The zones with any time in them.
  private func zones(
    _ name: String, _ days: [DailySummary], _ value: ((minutes: Int, calories: Double)) -> String
  ) -> String? {
    let entries = HeartRateZones.googleNames.enumerated().compactMap { index, zone -> String? in
      let values = days.compactMap { $0.zones.values(of: index) }
      let minutes = values.map(\.minutes).reduce(0, +)
      guard minutes > 0 else { return nil }
      return #"{"heartRateZone":"\#(zone)",\#(value((minutes, values.map(\.calories).reduce(0, +))))}"#
    }
    return entries.isEmpty ? nil : list(name, entries)
  }
}
