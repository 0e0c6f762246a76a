import FlowBase
import Foundation
import Testing

@testable import FlowSimulator

@Suite("Filters, ranges and names in the Google wire")
struct GoogleHealthFilterTests {
  private static let heart = "heart_rate.sample_time.physical_time"

  @Test("a filter bounds the points by its member", arguments: [
    (heart + #" >= "2026-03-08T10:00:00Z" AND "# + heart + #" < "2026-03-08T10:05:00Z""#, 300),
    (heart + #">="2026-03-08T10:00:00Z" AND "# + heart + #"<"2026-03-08T10:05:00+00:00""#, 300),
    (heart + #" < "2026-03-08T10:05:00.500Z" AND "# + heart + #" >= "2026-03-08T11:00:00+01:00""#, 301),
    (heart + #" >= "2026-03-08T10:00:01Z" AND "# + heart + #" < "2026-03-08T10:00:04Z""#, 3),
    // Central Standard Time before the gap, Central Daylight Time after it: an hour of the clock that did not occur.
    (#"heart_rate.sample_time.civil_time >= "2026-03-08T01:59:00" AND heart_rate.sample_time.civil_time < "2026-03-08T03:01:00""#, 120),
    (#"heart_rate.sample_time.civil_time >= "2026-03-08T02:00:00" AND heart_rate.sample_time.civil_time < "2026-03-08T03:00:00""#, 0),
  ])
  func bounds(filter: String, count: Int) async throws {
    let client = try await WireClient.signedIn(try simulator(.googleHealth) { $0.dense = true })
    #expect(try await client.points("heart-rate", filter: filter).count == count)
  }

  @Test("an invalid filter is rejected with a reason", arguments: [
    ("heart-rate", #"(heart_rate.sample_time.physical_time >= "2026-03-08T00:00:00Z")"#, "EXPRESSION_STRUCTURE"),
    ("heart-rate", heart + #" >= "2026-03-08T00:00:00Z" OR "# + heart + #" < "2026-03-09T00:00:00Z""#, "EXPRESSION_STRUCTURE"),
    ("heart-rate", heart + #" >= "2026-03-08T00:00:00Z" and "# + heart + #" < "2026-03-09T00:00:00Z""#, "EXPRESSION_STRUCTURE"),
    ("heart-rate", heart + #" >= 2026-03-08T00:00:00Z"#, "EXPRESSION_STRUCTURE"),
    ("heart-rate", heart + #" >= "2026-03-08T00:00:00Z" AND "#, "EXPRESSION_STRUCTURE"),
    ("heart-rate", heart + #" > "2026-03-08T00:00:00Z""#, "RESTRICTION_COMPARATOR"),
    ("heart-rate", heart + #" <= "2026-03-08T00:00:00Z""#, "RESTRICTION_COMPARATOR"),
    ("heart-rate", heart + #" = "2026-03-08T00:00:00Z""#, "RESTRICTION_COMPARATOR"),
    ("heart-rate", #"heartRate.sampleTime.physicalTime >= "2026-03-08T00:00:00Z""#, "COLLECTION_MISMATCH"),
    ("heart-rate", #"heart-rate.sample_time.physical_time >= "2026-03-08T00:00:00Z""#, "COLLECTION_MISMATCH"),
    ("heart-rate", #"steps.interval.start_time >= "2026-03-08T00:00:00Z""#, "COLLECTION_MISMATCH"),
    ("heart-rate", #"heart_rate.interval.start_time >= "2026-03-08T00:00:00Z""#, "DATA_TYPE_MEMBER"),
    ("steps", #"steps.interval.end_time >= "2026-03-08T00:00:00Z""#, "DATA_TYPE_MEMBER"),
    (
      "heart-rate", heart + #" >= "2026-03-08T00:00:00Z" AND heart_rate.sample_time.civil_time < "2026-03-09T00:00:00""#,
      "MIXED_TIME_RESTRICTIONS"
    ),
    ("heart-rate", heart + #" >= "2026-03-08T00:00:00""#, "TIMESTAMP_FORMAT"),
    ("heart-rate", heart + #" >= "2026-03-08""#, "TIMESTAMP_FORMAT"),
    ("heart-rate", #"heart_rate.sample_time.civil_time >= "2026-03-08T00:00:00Z""#, "CIVIL_DATE_TIME_FORMAT"),
    ("daily-resting-heart-rate", #"daily_resting_heart_rate.date >= "2026-03-08T00:00:00""#, "CIVIL_DATE_TIME_FORMAT"),
  ])
  func refused(type: String, filter: String, reason: String) async throws {
    let client = try await WireClient.signedIn(try simulator(.googleHealth))
    let reply = try await client.get("/v4/users/me/dataTypes/\(type)/dataPoints", query: ["filter": filter])
    #expect(reply.status == 400)
    let error = try #require(try reply.json()["error"] as? [String: Any])
    #expect(error["status"] as? String == "INVALID_ARGUMENT")
    let detail = try #require((error["details"] as? [[String: Any]])?.first)
    #expect(detail["reason"] as? String == "INVALID_DATA_POINT_FILTER")
    #expect((detail["metadata"] as? [String: String])?["detailedReasons"] == "INVALID_DATA_POINT_FILTER_" + reason, "\(reply.text)")
  }

  @Test("a range that ends before it starts is rejected", arguments: ["", ":reconcile"])
  func inverted(action: String) async throws {
    let client = try await WireClient.signedIn(try simulator(.googleHealth))
    let reply = try await client.get(
      "/v4/users/me/dataTypes/heart-rate/dataPoints" + action, query: ["filter": heartFilter("2026-03-09", "2026-03-09")])
    #expect(reply.status == 400)
    #expect(reply.text.contains("INVALID_TIME_RANGE"))
  }

  @Test("rollups are limited to the maximum days of their type", arguments: [
    ("steps", 90, 200), ("steps", 91, 400), ("total-calories", 14, 200), ("total-calories", 15, 400), ("active-minutes", 15, 400),
    ("calories-in-heart-rate-zone", 15, 400), ("time-in-heart-rate-zone", 15, 200), ("steps", 0, 400),
  ])
  func rollupDays(type: String, days: Int, status: Int) async throws {
    let client = try await WireClient.signedIn(try simulator(.googleHealth))
    let first = Population.start / 86_400
    let (start, end) = (CivilDate(dayNumber: first), CivilDate(dayNumber: first + days))
    let body = """
      {"range":{"start":{"date":\(GoogleHealthPayload.date(start)),"time":{}},"end":{"date":\(GoogleHealthPayload.date(end))}},"windowSizeDays":1}
      """
    let reply = try await client.send("POST", "/v4/users/me/dataTypes/\(type)/dataPoints:dailyRollUp", body: body)
    #expect(reply.status == status)
    #expect(status == 200 || reply.text.contains(days == 0 ? "INVALID_TIME_RANGE" : "INVALID_ROLLUP_QUERY_DURATION"))
  }

  @Test("a rollup of minutes is limited by its range and by its page", arguments: [
    (14, 10_000, "heart-rate", 200), (15, 10_000, "heart-rate", 400), (15, 10_000, "steps", 200), (91, 1000, "steps", 400),
  ])
  func rollupRange(days: Int, pageSize: Int, type: String, status: Int) async throws {
    let client = try await WireClient.signedIn(try simulator(.googleHealth))
    let (start, end) = (rfc3339(Population.start), rfc3339(Population.start + days * 86_400))
    let body = #"{"range":{"startTime":"\#(start)","endTime":"\#(end)"},"windowSize":"60s","pageSize":\#(pageSize)}"#
    let reply = try await client.send("POST", "/v4/users/me/dataTypes/\(type)/dataPoints:rollUp", body: body)
    #expect(reply.status == status)
    #expect(status == 200 || reply.text.contains("INVALID_ROLLUP_QUERY_DURATION"))
  }

  @Test("a body with an unknown name is rejected with that name", arguments: [
    (#"{"range":{"start":{"year":2026,"month":3,"day":8},"end":{"year":2026,"month":3,"day":9}}}"#, "day"),
    (#"{"range":{"startTime":"2026-03-08T00:00:00Z"}}"#, "startTime"), (#"{"windowSize":"60s"}"#, "windowSize"), ("{", "Invalid JSON"),
    (#"{"range":{"start":{"date":{"year":2026,"month":2,"day":30}},"end":{"date":{"year":2026,"month":3,"day":9}}}}"#, "civil date"),
    (
      #"{"range":{"start":{"date":{"year":2026,"month":3,"day":8},"time":{"hours":1}},"end":{"date":{"year":2026,"month":3,"day":9}}}}"#,
      "aligned"
    ),
  ])
  func bodies(body: String, word: String) async throws {
    let client = try await WireClient.signedIn(try simulator(.googleHealth))
    let reply = try await client.send("POST", "/v4/users/me/dataTypes/steps/dataPoints:dailyRollUp", body: body)
    #expect(reply.status == 400)
    #expect(reply.text.contains(word), "\(reply.text)")
  }

  @Test("unknown resources are answered as Google does", arguments: [
    ("GET", "/v4/users/me/dataTypes/moon-phase/dataPoints", 400, "INVALID_ARGUMENT"),
    ("POST", "/v4/users/me/dataTypes/daily-heart-rate-zones/dataPoints:dailyRollUp", 400, "list, reconcile"),
    ("GET", "/v4/users/me/dataTypes/total-calories/dataPoints", 400, "dailyRollUp"), ("GET", "/v4/users/me/devices", 404, "<html>"),
    ("POST", "/v4/users/me/settings", 404, "<html>"), ("GET", "/1/user/-/devices.json", 404, "<html>"),
    ("GET", "/v4/users/me/dataTypes/steps/dataPoints:rollUp", 404, "<html>"),
  ])
  func unknown(method: String, path: String, status: Int, word: String) async throws {
    let client = try await WireClient.signedIn(try simulator(.googleHealth))
    let reply = try await client.send(method, path, body: "{}")
    #expect(reply.status == status)
    #expect(reply.text.contains(word), "\(reply.text)")
  }

  @Test("an unknown parameter of a method is rejected", arguments: [
    ("/v4/users/me/settings", "pageSize"), ("/v4/users/me/dataTypes/steps/dataPoints", "startTime"),
    ("/v4/users/me/dataTypes/steps/dataPoints", "page_size"),
  ])
  func parameters(path: String, name: String) async throws {
    let client = try await WireClient.signedIn(try simulator(.googleHealth))
    let reply = try await client.get(path, query: [name: "1"])
    #expect(reply.status == 400)
    #expect(reply.text.contains(name))
  }
}
