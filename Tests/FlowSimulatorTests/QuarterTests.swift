import FlowBase
import Foundation
import Testing

@testable import FlowSimulator

/// Intervals of 15 minutes, as the warehouse flows ask for them.
@Suite("Intervals of 15 minutes", .timeLimit(.minutes(5)))
struct QuarterTests {
  private static let tables = ["heart": "fitbit_15min_hr", "steps": "fitbit_15min_steps", "distance": "fitbit_15min_distance"]

  private static func truth(_ simulator: Simulator, _ participant: SimulatedParticipant) -> [String: [String]] {
    var rows: [String: [String]] = [:]
    simulator.truth().forEachQuarterRow(of: participant) { row in
      rows[row.table, default: []].append(row.columns.map { "\($0.value)" }.joined(separator: " "))
    }
    return rows
  }

  private static func days(_ simulator: Simulator, _ participant: SimulatedParticipant) -> ClosedRange<Int>? {
    simulator.truth().window(of: participant).map { $0.lowerBound.flooredDivision(by: 86_400)...($0.upperBound - 1).flooredDivision(by: 86_400) }
  }

  @Test("everything the Fitbit wire delivers for whole days is the truth", arguments: [0, 35])
  func fitbit(_ advancedHours: Int) async throws {
    let simulator = try simulator { $0.rateLimit = 100_000 }
    try simulator.advance(by: .seconds(advancedHours * 3600))
    var count = 0
    for participant in simulator.population.participants.prefix(9) {
      guard let days = Self.days(simulator, participant) else { continue }
      let client = try await WireClient.signedIn(simulator, participant.name)
      let expected = Self.truth(simulator, participant)
      for (resource, table) in Self.tables {
        var rows: [String] = []
        for day in days {
          let date = CivilDate(dayNumber: day)
          let answer = try await client.get("/1/user/-/activities/\(resource)/date/\(date)/1d/15min.json", query: ["timezone": "UTC"]).json()
          let intraday = try #require(answer["activities-\(resource)-intraday"] as? [String: Any])
          #expect(intraday["datasetInterval"] as? Int == 15 && intraday["datasetType"] as? String == "minute")
          for sample in try #require(intraday["dataset"] as? [[String: Any]]) {
            let parts = try #require(sample["time"] as? String).split(separator: ":").compactMap { Int($0) }
            let instant = day * 86_400 + parts[0] * 3600 + parts[1] * 60
            let number = try #require(sample["value"] as? NSNumber)
            let value = resource == "distance" ? "\(number.doubleValue)" : "\(number.intValue)"
            rows.append("\(instant) \(participant.zone.offset(at: instant)) \(value)")
          }
        }
        #expect(rows == expected[table] ?? [], "\(participant.name) \(resource)")
        count += rows.count
      }
    }
    #expect(count > 1000)
  }

  @Test("everything the Google wire rolls up is the truth", arguments: [0, 35])
  func googleHealth(_ advancedHours: Int) async throws {
    let simulator = try simulator {
      $0.api = .googleHealth
      $0.rateLimit = 100_000
    }
    try simulator.advance(by: .seconds(advancedHours * 3600))
    var count = 0
    for participant in simulator.population.participants.prefix(9) {
      guard let days = Self.days(simulator, participant) else { continue }
      let client = try await WireClient.signedIn(simulator, participant.name)
      let expected = Self.truth(simulator, participant)
      let span = days.lowerBound * 86_400..<(days.upperBound + 1) * 86_400
      for (type, table, member) in [
        ("heart-rate", "fitbit_15min_hr", "beatsPerMinuteAvg"), ("steps", "fitbit_15min_steps", "countSum"), ("distance", "fitbit_15min_distance", "millimetersSum"),
      ] {
        let windows = try await client.minutes(type, span, seconds: 900, pageSize: 0).reversed()
        let rows = try windows.map { window in
          let instant = Int(try #require(try? Date(window.start, strategy: .iso8601)).timeIntervalSince1970)
          let number: Double = window.value[member].map { ($0 as? NSNumber)?.doubleValue ?? ($0 as? String).flatMap(Double.init) ?? -1 } ?? 0
          let value = type == "distance" ? "\(number / 1_000_000)" : "\(Int(number.rounded()))"
          return "\(instant) \(participant.zone.offset(at: instant)) \(value)"
        }
        #expect(Array(rows) == expected[table] ?? [], "\(participant.name) \(type)")
        count += rows.count
      }
    }
    #expect(count > 1000)
  }

  @Test("a page size that is named bounds the range; without one it may be 14 days", arguments: [(0, 200), (1344, 200), (1440, 400)])
  func pageSize(_ size: Int, _ status: Int) async throws {
    let simulator = try simulator { $0.api = .googleHealth }
    let client = try await WireClient.signedIn(simulator, "P0001")
    let body = """
      {"range":{"startTime":"2026-03-01T00:00:00Z","endTime":"2026-03-15T00:00:00Z"},"windowSize":"900s"\(size > 0 ? #","pageSize":\#(size)"# : "")}
      """
    #expect(try await client.send("POST", "/v4/users/me/dataTypes/heart-rate/dataPoints:rollUp", body: body).status == status)
  }

  @Test("distance has no series by date, and no detail of seconds")
  func refused() async throws {
    let client = try await WireClient.signedIn(try simulator { _ in }, "P0001")
    #expect(try await client.get("/1/user/-/activities/distance/date/2026-03-08/2026-03-09.json").status == 404)
    #expect(try await client.get("/1/user/-/activities/distance/date/2026-03-08/1d/1sec.json").status == 400)
  }
}
