import FlowCore
import FlowTesting
import Foundation
import GRDB
import StudyModel
import StudyWeb
import Testing

@Suite("Series are what the tables hold")
struct SeriesTests {
  private struct Point: Decodable, Equatable {
    var time: String
    var mean: Double
    var min: Double
    var max: Double
    var count: Int
  }

  /// The rows of a participant's samples: seconds since 1970 and value.
  private func samples(_ batch: CollectedBatch, _ table: String, _ participant: String) throws -> [(time: Int, value: Double)] {
    let queue = try batch.database()
    return try queue.read { database in
      try Row.fetchAll(
        database, sql: "SELECT instant, value FROM \(table) JOIN participant USING (participant_id) WHERE name = ? ORDER BY instant", arguments: [participant]
      ).map { ($0[0] as Int, $0[1] as Double) }
    }
  }

  /// The points as a person with pencil and paper makes them.
  private func points(_ samples: [(time: Int, value: Double)], _ window: Range<Int>, _ seconds: Int) -> [Point] {
    Dictionary(grouping: samples.filter { window.contains($0.time) }) { $0.time / seconds }.sorted { $0.key < $1.key }.map { bucket, samples in
      let values = samples.map(\.value)
      return Point(
        time: Instant(seconds: Int64(bucket * seconds)).text, mean: values.reduce(0, +) / Double(values.count), min: values.min() ?? 0, max: values.max() ?? 0,
        count: values.count)
    }
  }

  @Test("each resolution, recomputed", arguments: [("1m", 60), ("5m", 300), ("1h", 3600), ("1d", 86_400)], [("heart_rate", "fitbit_intraday_hr"), ("steps", "fitbit_intraday_steps")])
  func recomputed(resolution: (name: String, seconds: Int), metric: (name: String, table: String)) async throws {
    let batch = try await CollectedBatch.shared.value
    let samples = try samples(batch, metric.table, "P0002")
    try #require(samples.count > 1000)
    // Neither end is a whole multiple.
    let window = samples[100].time + 7..<samples[samples.count - 100].time + 7
    let query = "from=\(Instant(seconds: Int64(window.lowerBound)).text)&until=\(Instant(seconds: Int64(window.upperBound)).text)&resolution=\(resolution.name)"
    try await ServerUnderTest.run { server async throws in
      let answer = try await server.ask("/api/v1/participants/P0002/series?metric=\(metric.name)&\(query)")
      let found = try JSONDecoder().decode([Point].self, from: Data(answer.body)), expected = points(samples, window, resolution.seconds)
      try #require(found.count == expected.count && !found.isEmpty)
      for (found, expected) in zip(found, expected) {
        #expect(abs(found.mean - expected.mean) < 1e-9)
        #expect((found.time, found.min, found.max, found.count) == (expected.time, expected.min, expected.max, expected.count))
      }
      let csv = try await server.ask("/api/v1/participants/P0002/series?metric=\(metric.name)&\(query)&format=csv")
      #expect(csv.headers["content-type"] == "text/csv; charset=utf-8")
      let lines = csv.text.components(separatedBy: "\r\n")
      #expect(lines[0] == "time,mean,min,max,count" && lines.count == found.count + 2 && lines.last == "")
      // Each number is written as in JSON.
      let members = answer.text.matches(of: #/"(\w+)" : "?([^",\s]+)/#).map { (name: String($0.1), text: String($0.2)) }
      let columns = ["time", "mean", "min", "max", "count"].map { name in members.filter { $0.name == name }.map(\.text) }
      let written = found.indices.map { row -> String in columns.map { $0[row] }.joined(separator: ",") }
      #expect(Array(lines.dropFirst().dropLast()) == written)
    }
  }

  @Test("a daily metric has the dates of its table, and a part of the day in the window does not count")
  func daily() async throws {
    let batch = try await CollectedBatch.shared.value
    let queue = try batch.database()
    let rows = try await queue.read { database in
      try Row.fetchAll(
        database, sql: "SELECT date, steps FROM fitbit_daily_activity JOIN participant USING (participant_id) WHERE name = 'P0002' ORDER BY date"
      ).map { ($0[0] as String, $0[1] as Double) }
    }
    try #require(rows.count > 1)
    try await ServerUnderTest.run { server async throws in
      func times(_ query: String) async throws -> [String] {
        let answer = try await server.ask("/api/v1/participants/P0002/series?metric=fitbit_daily_activity.steps\(query)")
        #expect(answer.status == 200, "\(answer.text)")
        return answer.list.compactMap { $0["time"] as? String }
      }
      #expect(try await times("") == rows.map(\.0))
      let values = try await server.ask("/api/v1/participants/P0002/series?metric=fitbit_daily_activity.steps").list
      #expect(values.compactMap { $0["mean"] as? Double } == rows.map(\.1) && values.allSatisfy { $0["count"] as? Int == 1 })
      #expect(try await times("&from=\(rows[1].0)") == rows.dropFirst().map(\.0))
      #expect(try await times("&until=\(rows[1].0)") == [rows[0].0])
      #expect(try await times("&from=\(rows[0].0)T00:00:01Z&until=\(rows[1].0)T00:00:01Z") == [rows[1].0])
      let refused = try await server.ask("/api/v1/participants/P0002/series?metric=fitbit_daily_activity.steps&resolution=1h")
      #expect(refused.status == 400 && refused.detail.contains("expected 1d"))
    }
  }

  @Test("five thousand points are answered, one more is refused with what would fit")
  func limit() async throws {
    try await ServerUnderTest.run { server async throws in
      func ask(_ query: String) async throws -> TestAnswer { try await server.ask("/api/v1/participants/P0001/series?metric=steps&\(query)") }
      // 5,000 minutes are 3 days, 11 hours and 20 minutes.
      #expect(try await ask("resolution=1m&from=2026-01-01&until=2026-01-04T11:20:00Z").status == 200)
      let refused = try await ask("resolution=1m&from=2026-01-01&until=2026-01-04T11:20:01Z")
      #expect(refused.status == 400 && refused.detail == "[from, until) has 5001 points of 1m, more than 5000; ask for resolution=5m, or for at most 3 days")
      #expect(try await ask("resolution=1m&from=1800-01-01&until=2400-01-01").detail.hasSuffix("ask for at most 3 days"))
      #expect(try await ask("resolution=1h").status == 200)
      let backwards = try await ask("from=2026-01-05&until=2026-01-04")
      #expect(backwards.status == 400 && backwards.detail.contains("before from"))
      #expect(try await ask("from=2026-01-05&until=2026-01-05").text == "[\n\n]\n")
    }
  }

  @Test("times with an offset, with a fraction, and without their plus encoded")
  func times() async throws {
    try await ServerUnderTest.run { server async throws in
      let plain = try await server.ask("/api/v1/participants/P0001/series?metric=steps&from=2026-01-05T06:00:00Z&until=2026-01-08T06:00:00Z")
      #expect(plain.status == 200)
      for from in ["2026-01-05T07:00:00%2B01:00", "2026-01-05T07:00:00+01:00", "2026-01-05T05:59:59.001Z"] {
        #expect(try await server.ask("/api/v1/participants/P0001/series?metric=steps&from=\(from)&until=2026-01-08T06:00:00Z").text == plain.text, "\(from)")
      }
    }
  }
}
