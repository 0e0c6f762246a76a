import FlowBase
import Foundation
import Testing

@testable import FlowSimulator

@Suite("The truth and the Google wire", .timeLimit(.minutes(5)))
struct GoogleHealthTruthTests {
  @Test(
    "everything the wire delivers for a window is the truth",
    arguments: [(0, [1, 3, 4, 5, 7, 11, 14, 17, 20]), (35, [2, 6, 8, 22])])
  func wireEqualsTruth(advancedHours: Int, numbers: [Int]) async throws {
    let simulator = try simulator(.googleHealth) {
      $0.rateLimit = 100_000
      $0.days = 2
    }
    try simulator.advance(by: .seconds(advancedHours * 3600))
    let truth = simulator.truth(detail: .second)
    var rows = 0
    for participant in simulator.population.participants where numbers.contains(participant.number) {
      var expected: [TruthRow] = []
      truth.forEachRow(of: participant) { expected.append($0) }
      let collected = try await collect(simulator, participant, truth)
      #expect(collected.count == expected.count, "\(participant.name)")
      let different = zip(collected, expected).first { $0 != $1 }
      #expect(different == nil, "\(participant.name): \(String(describing: different))")
      rows += expected.count
    }
    #expect(rows > 40_000)
  }

  @Test("participants, samples and minute means are the same as on the Fitbit wire")
  func samePeople() throws {
    for detail in [Truth.HeartRateDetail.second, .minute] {
      var rows: [[IntradayRow]] = []
      for api in SimulatorConfiguration.API.allCases {
        let simulator = try simulator(api) { $0.days = 1 }
        var heart: [IntradayRow] = []
        simulator.truth(detail: detail).forEachRow(of: simulator.population.participants[0]) { row in
          if case .heartRate(let row) = row { heart.append(row) }
        }
        rows.append(heart)
      }
      #expect(rows[0] == rows[1])
      #expect(rows[0].count > 500)
    }
  }

  @Test("a minute without wear has no row, a minute without steps has one")
  func offWrist() throws {
    let simulator = try simulator(.googleHealth)
    let participant = try #require(simulator.population.participants.first { $0.oddity == .dayNotWorn })
    let day = CivilDate(dayNumber: participant.zone.day(at: Population.start).dayNumber + 1)
    var zeros = 0
    simulator.truth(detail: .minute).forEachRow(of: participant) { row in
      switch row {
      case .steps(let row):
        if row.value == 0 { zeros += 1 }
        #expect(!participant.zone.instants(of: day).contains(row.instant))
      case .dailyActivity(let row) where row.date == day.description:
        #expect(row.steps == nil && row.veryActiveMinutes == nil && row.restingHeartRate == nil)
        #expect(row.caloriesOut != nil && row.caloriesBMR != nil)
      case .heartRateSummary(let row) where row.date == day.description:
        #expect(row.minutes == 0 && row.max > row.min)
      default: break
      }
    }
    #expect(zeros > 100)
  }

  @Test("a scope that is not granted removes its columns", arguments: [Scope.heartrate, .activity])
  func scopes(scope: Scope) throws {
    let simulator = try simulator(.googleHealth) { $0.faults = [Fault(.scope(scope), share: 1)] }
    var tables: Set<String> = []
    simulator.truth(detail: .minute).forEachRow(of: simulator.population.participants[0]) { row in
      tables.insert(row.table)
      switch row {
      case .dailyActivity(let day): #expect((day.steps == nil || day.restingHeartRate == nil))
      // Time in zones belongs to the other scope, which was not granted.
      case .heartRateSummary(let zone): #expect(zone.minutes == nil)
      case .heartRate, .steps: break
      }
    }
    let expected: Set<String> =
      scope == .heartrate
      ? ["fitbit_daily_activity", "fitbit_intraday_steps"]
      : ["fitbit_daily_activity", "fitbit_hr_summary", "fitbit_intraday_hr"]
    #expect(tables == expected)
  }

  // MARK: Collecting

  /// Requests samples and steps by UTC days and daily data by local days, like a collector; sorted like the truth.
  private func collect(_ simulator: Simulator, _ participant: SimulatedParticipant, _ truth: Truth) async throws -> [TruthRow] {
    guard let window = truth.window(of: participant) else { return [] }
    let client = try await WireClient.signedIn(simulator, participant.name)
    let zone = participant.zone
    let days = (zone.day(at: window.lowerBound).dayNumber...zone.day(at: window.upperBound - 1).dayNumber).map(CivilDate.init)
    var rows: [TruthRow] = []
    for day in days {
      if let row = try await activity(client, day) { rows.append(.dailyActivity(row)) }
    }
    for day in days { rows += try await zones(client, day).map(TruthRow.heartRateSummary) }
    var heart: [IntradayRow] = []
    var steps: [IntradayRow] = []
    var start = window.lowerBound
    while start < window.upperBound {
      let end = min(window.upperBound, (start / 86_400 + 1) * 86_400)
      heart += try await samples(client, start..<end)
      for minute in try await client.minutes("steps", start..<end).reversed() {
        let instant = try #require(seconds(minute.start))
        let value = try #require(try minute.value.int64("countSum", omitted: 0))
        steps.append(IntradayRow(instant: instant, utcOffset: zone.offset(at: instant), value: value))
      }
      start = end
    }
    return rows + heart.map(TruthRow.heartRate) + steps.map(TruthRow.steps)
  }

  private func samples(_ client: WireClient, _ span: Range<Int>) async throws -> [IntradayRow] {
    let member = "heart_rate.sample_time.physical_time"
    let filter = #"\#(member) >= "\#(rfc3339(span.lowerBound))" AND \#(member) < "\#(rfc3339(span.upperBound))""#
    // Small pages, so that there are many.
    return try await client.points("heart-rate", ":reconcile", filter: filter, pageSize: 1500).reversed().map { point in
      let time = try #require(point["sampleTime"] as? [String: Any])
      let instant = try #require((time["physicalTime"] as? String).flatMap(seconds))
      let offset = try #require((time["utcOffset"] as? String).flatMap { Int($0.dropLast()) })
      if let civil = time["civilTime"] as? [String: Any] {
        let parts = try #require(civil["time"] as? [String: Int])
        let second = (parts["hours"] ?? 0) * 3600 + (parts["minutes"] ?? 0) * 60 + (parts["seconds"] ?? 0)
        #expect(try civil.date() == CivilDate(dayNumber: (instant + offset).flooredDivision(by: 86_400)).description)
        #expect(second == (instant + offset) % 86_400)
        #expect(parts.values.allSatisfy { $0 > 0 }, "a zero member is left out")
      }
      return IntradayRow(instant: instant, utcOffset: offset, value: try #require(try point.int64("beatsPerMinute")))
    }
  }

  private func activity(_ client: WireClient, _ day: CivilDate) async throws -> DailyActivityRow? {
    func value(_ type: String) async throws -> [String: Any]? { try await client.dailyValue(type, day) }
    func rounded(_ value: Any?) -> Int? { (value as? Double).map { Int($0.rounded()) } }
    let steps = try await value("steps")
    let distance = try await value("distance")?.int64("millimetersSum", omitted: 0)
    let floors = try await value("floors")?.int64("countSum", omitted: 0)
    let altitude = try await value("altitude")?.int64("gainMillimetersSum", omitted: 0)
    let calories = try await value("total-calories")
    let active = try await value("active-energy-burned")
    let levels = try await value("active-minutes")?["activeMinutesRollupByActivityLevel"] as? [[String: Any]]
    func minutes(_ level: String) throws -> Int? {
      try levels?.first { $0["activityLevel"] as? String == level }?.int64("activeMinutesSum", omitted: 0)
    }
    let instants = client.participant.zone.instants(of: day)
    let member = "basal_energy_burned.interval.start_time"
    let basal = try await client.points(
      "basal-energy-burned", ":reconcile",
      filter: #"\#(member) >= "\#(rfc3339(instants.lowerBound))" AND \#(member) < "\#(rfc3339(instants.upperBound))""#)
    let resting = try await client.points(
      "daily-resting-heart-rate",
      filter: #"daily_resting_heart_rate.date >= "\#(day)" AND daily_resting_heart_rate.date < "\#(CivilDate(dayNumber: day.dayNumber + 1))""#)
    return DailyActivityRow(
      date: day.description, activityCalories: active.map { rounded($0["kcalSum"]) ?? 0 },
      caloriesBMR: basal.isEmpty ? nil : Int(basal.compactMap { $0["kcal"] as? Double }.reduce(0, +).rounded()),
      caloriesOut: rounded(calories?["kcalSum"]), marginalCalories: nil, steps: try steps?.int64("countSum", omitted: 0),
      distance: distance.map { Double($0) / 1_000_000 }, elevation: altitude.map { Double($0) / 1000 }, floors: floors,
      veryActiveMinutes: try minutes("VIGOROUS"), fairlyActiveMinutes: try minutes("MODERATE"),
      lightlyActiveMinutes: try minutes("LIGHT"), sedentaryMinutes: try await value("sedentary-period")?.minutes("durationSum"),
      restingHeartRate: try resting.first?.int64("beatsPerMinute"))
  }

  private func zones(_ client: WireClient, _ day: CivilDate) async throws -> [HeartRateSummaryRow] {
    let filter = #"daily_heart_rate_zones.date >= "\#(day)" AND daily_heart_rate_zones.date < "\#(CivilDate(dayNumber: day.dayNumber + 1))""#
    let points = try await client.points("daily-heart-rate-zones", filter: filter)
    #expect(points.count <= 1)
    guard let zones = points.first?["heartRateZones"] as? [[String: Any]] else { return [] }
    let times = try await client.dailyValue("time-in-heart-rate-zone", day)?["timeInHeartRateZones"] as? [[String: Any]]
    let energies = try await client.dailyValue("calories-in-heart-rate-zone", day)?["caloriesInHeartRateZones"] as? [[String: Any]]
    return try zones.map { zone in
      let name = try #require(zone["heartRateZoneType"] as? String)
      return HeartRateSummaryRow(
        date: day.description, zone: name, min: try #require(try zone.int64("minBeatsPerMinute")),
        max: try #require(try zone.int64("maxBeatsPerMinute")),
        minutes: try times?.first { $0["heartRateZone"] as? String == name }?.minutes("duration") ?? 0,
        caloriesOut: energies?.first { $0["heartRateZone"] as? String == name }?["kcal"] as? Double)
    }
  }

  private func seconds(_ text: String) -> Int? {
    guard text.hasSuffix("Z"), let date = CivilDate(text: text.prefix(10)) else { return nil }
    let parts = text.dropFirst(11).dropLast().split(separator: ":").compactMap { Int($0) }
    guard parts.count == 3 else { return nil }
    return date.dayNumber * 86_400 + parts[0] * 3600 + parts[1] * 60 + parts[2]
  }
}
