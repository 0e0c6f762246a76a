import FlowBase
import Foundation
import NIOCore
import Testing

@testable import FlowSimulator

@Suite("The truth and the wire", .timeLimit(.minutes(5)))
struct TruthTests {
  @Test(
    "everything the wire delivers for a window is the truth",
    arguments: [(0, [1, 4, 7, 11, 14, 17, 20, 22]), (35, [2, 3, 5, 6, 8])])
  func wireEqualsTruth(advancedHours: Int, numbers: [Int]) async throws {
    let simulator = try simulator { $0.rateLimit = 100_000 }
    try simulator.advance(by: .seconds(advancedHours * 3600))
    let truth = simulator.truth(detail: .minute)
    var rows = 0
    for participant in simulator.population.participants where numbers.contains(participant.number) {
      var expected: [TruthRow] = []
      truth.forEachRow(of: participant) { expected.append($0) }
      let collected = try await collect(simulator, participant, truth)
      #expect(collected == expected, "\(participant.name)")
      rows += expected.count
    }
    #expect(rows > 20_000)
  }

  @Test("every sample of the 1-second detail is the truth too", arguments: ["P0001", "P0017"])
  func samples(name: String) async throws {
    let simulator = try simulator { $0.days = 2 }
    let participant = try #require(simulator.population.participant(named: name))
    let truth = simulator.truth(detail: .second)
    var expected: [TruthRow] = []
    truth.forEachRow(of: participant) { if case .heartRate = $0 { expected.append($0) } }
    let collected = try await collect(simulator, participant, truth).filter { if case .heartRate = $0 { true } else { false } }
    #expect(collected == expected)
    #expect(expected.count > 2000)
  }

  @Test("a daily total is the sum of its minutes")
  func totals() async throws {
    let simulator = try simulator { $0.rateLimit = 1000 }
    for participant in simulator.population.participants.prefix(3) {
      let client = try await WireClient.signedIn(simulator, participant.name)
      for day in ["2026-03-08", "2026-03-09"] {
        let minutes = try await client.intraday("steps", from: (day, "00:00"), to: (day, "23:59"))
        let heart = try await client.intraday("heart", from: (day, "00:00"), to: (day, "23:59"))
        let summary = try await client.get("/1/user/-/activities/date/\(day).json").json()["summary"] as? [String: Any]
        #expect(summary?["steps"] as? Int == minutes.map(\.value).reduce(0, +))
        let zones = try await collectZones(client, day)
        #expect(zones.compactMap(\.minutes).reduce(0, +) == heart.count)
      }
    }
  }

  @Test("the truth is one JSON object per line, with NULL as null")
  func lines() throws {
    let folder = try TestFolder()
    let file = folder.path + "/truth.jsonl"
    let simulator = try simulator { $0.participants = 5 }
    try simulator.truth(detail: .minute).write(to: file)
    let text = try String(contentsOfFile: file, encoding: .utf8)
    var tables: [String: Int] = [:]
    var nulls = 0
    for line in text.split(separator: "\n") {
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      tables[try #require(object["table"] as? String), default: 0] += 1
      nulls += object.values.count { $0 is NSNull }
    }
    #expect(Set(tables.keys) == ["fitbit_daily_activity", "fitbit_hr_summary", "fitbit_intraday_hr", "fitbit_intraday_steps"])
    #expect(nulls > 0)
    #expect(text.hasPrefix(#"{"table":"fitbit_daily_activity","participant":"P0001","date":"2026-03-07","activity_calories":"#))
  }

  @Test("a scope that is not granted removes its rows and columns")
  func scopes() throws {
    let simulator = try simulator { $0.faults = [Fault(.scope(.heartrate), share: 1)] }
    var days = 0
    simulator.truth().forEachRow(of: simulator.population.participants[0]) { row in
      switch row {
      case .heartRate, .heartRateSummary: Issue.record("heart rate without the scope")
      case .dailyActivity(let day):
        days += 1
        #expect(day.restingHeartRate == nil)
      case .steps: break
      }
    }
    #expect(days > 0)
  }

  /// Requests intraday data by UTC days and daily data by local days, like a collector; sorted like the truth.
  private func collect(_ simulator: Simulator, _ participant: SimulatedParticipant, _ truth: Truth) async throws -> [TruthRow] {
    guard let window = truth.window(of: participant) else { return [] }
    let client = try await WireClient.signedIn(simulator, participant.name)
    var days: [TruthRow] = []
    var zones: [TruthRow] = []
    for number in participant.zone.day(at: window.lowerBound).dayNumber...participant.zone.day(at: window.upperBound - 1).dayNumber {
      let date = CivilDate(dayNumber: number).description
      days.append(.dailyActivity(try await collectDay(client, date)))
      zones += try await collectZones(client, date).map(TruthRow.heartRateSummary)
    }
    let heart = try await collectMinutes(client, "heart", window, detail: truth.detail.rawValue)
    let steps = try await collectMinutes(client, "steps", window, detail: "1min")
    return days + zones + heart.map(TruthRow.heartRate) + steps.map(TruthRow.steps)
  }

  private func collectMinutes(_ client: WireClient, _ resource: String, _ window: Range<Int>, detail: String) async throws -> [IntradayRow] {
    var rows: [IntradayRow] = []
    var start = window.lowerBound
    while start < window.upperBound {
      let end = min(window.upperBound, (start / 86_400 + 1) * 86_400)
      let date = CivilDate(dayNumber: start / 86_400).description
      let times = [start, end - 60].map { String(wallClock($0).dropFirst(11).prefix(5)) }
      let samples = try await client.intraday(
        resource, from: (date, times[0]), to: (date, times[1]), detail: detail, query: ["timezone": "UTC"])
      for sample in samples {
        let parts = sample.time.split(separator: ":").compactMap { Int($0) }
        let instant = start / 86_400 * 86_400 + parts[0] * 3600 + parts[1] * 60 + parts[2]
        rows.append(IntradayRow(instant: instant, utcOffset: client.participant.zone.offset(at: instant), value: sample.value))
      }
      start = end
    }
    return rows
  }

  private func collectDay(_ client: WireClient, _ date: String) async throws -> DailyActivityRow {
    let reply = try await client.get("/1/user/-/activities/date/\(date).json")
    let summary = try #require(try reply.json()["summary"] as? [String: Any])
    func integer(_ name: String) throws -> Int { try #require(summary[name] as? Int) }
    let distances = try #require(summary["distances"] as? [[String: Any]])
    let total = try #require(distances.first { $0["activity"] as? String == "total" })
    return DailyActivityRow(
      date: date, activityCalories: try integer("activityCalories"), caloriesBMR: try integer("caloriesBMR"),
      caloriesOut: try integer("caloriesOut"), marginalCalories: try integer("marginalCalories"), steps: try integer("steps"),
      distance: try #require(total["distance"] as? Double), elevation: summary["elevation"] as? Double,
      floors: summary["floors"] as? Int, veryActiveMinutes: try integer("veryActiveMinutes"),
      fairlyActiveMinutes: try integer("fairlyActiveMinutes"), lightlyActiveMinutes: try integer("lightlyActiveMinutes"),
      sedentaryMinutes: try integer("sedentaryMinutes"), restingHeartRate: summary["restingHeartRate"] as? Int)
  }

  private func collectZones(_ client: WireClient, _ date: String) async throws -> [HeartRateSummaryRow] {
    let reply = try await client.get("/1/user/-/activities/heart/date/\(date)/1d.json")
    let days = try #require(try reply.json()["activities-heart"] as? [[String: Any]])
    let value = try #require(days.first?["value"] as? [String: Any])
    let zones = try #require(value["heartRateZones"] as? [[String: Any]])
    return try zones.map { zone in
      HeartRateSummaryRow(
        date: date, zone: try #require(zone["name"] as? String), min: try #require(zone["min"] as? Int),
        max: try #require(zone["max"] as? Int), minutes: zone["minutes"] as? Int, caloriesOut: zone["caloriesOut"] as? Double)
    }
  }
}
