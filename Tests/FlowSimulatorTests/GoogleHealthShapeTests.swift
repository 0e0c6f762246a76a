import FlowBase
import Foundation
import Testing

@testable import FlowSimulator

@Suite("Response shapes of the Google wire")
struct GoogleHealthShapeTests {
  /// The collected payloads from captures and the discovery document.
  private static let payloads = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "FlowProcessorsTests/Fixtures/Records/payloads")

  struct Example: Sendable, CustomTestStringConvertible {
    /// Path under `/v4/users/me/`; the date of a rollup is the first whole day.
    var path: String
    /// The payload as text, or the name of a file.
    var payload: String
    var testDescription: String { path }
  }

  private static let examples = [
    Example(path: "identity", payload: #"{"name":"users/me/identity","healthUserId":"1110000000000000001","legacyUserId":"ABC123"}"#),
    Example(path: "settings", payload: #"{"name":"users/me/settings","timeZone":"America/New_York","utcOffset":"-14400s"}"#),
    Example(
      path: "pairedDevices",
      payload: """
        {"pairedDevices":[{"name":"users/me/pairedDevices/1","deviceType":"TRACKER","deviceVersion":"Charge 6","batteryLevel":60,
          "batteryStatus":"Medium","lastSyncTime":"2026-08-15T17:14:22Z","features":[]}]}
        """),
    Example(path: "dataTypes/heart-rate/dataPoints", payload: "ghealth-heart-rate-list.json"),
    Example(path: "dataTypes/steps/dataPoints", payload: "ghealth-steps-list.json"),
    Example(path: "dataTypes/daily-heart-rate-zones/dataPoints:reconcile", payload: "ghealth-daily-heart-rate-zones-list.json"),
    Example(
      path: "dataTypes/daily-resting-heart-rate/dataPoints:reconcile",
      payload: """
        {"dataPoints":[{"dailyRestingHeartRate":{"date":{"year":2026,"month":8,"day":15},"beatsPerMinute":"65",
          "dailyRestingHeartRateMetadata":{"calculationMethod":"WITH_SLEEP"}}}]}
        """),
    Example(path: "dataTypes/steps/dataPoints:rollUp", payload: "ghealth-steps-rollup-60s.json"),
    Example(path: "dataTypes/steps/dataPoints:dailyRollUp", payload: "ghealth-steps-daily-rollup.json"),
    Example(path: "dataTypes/distance/dataPoints:dailyRollUp", payload: "ghealth-distance-daily-rollup.json"),
    Example(path: "dataTypes/total-calories/dataPoints:dailyRollUp", payload: "ghealth-total-calories-daily-rollup.json"),
    Example(path: "dataTypes/time-in-heart-rate-zone/dataPoints:dailyRollUp", payload: "ghealth-time-in-heart-rate-zone-daily-rollup.json"),
    Example(
      path: "dataTypes/sleep/dataPoints",
      payload: """
        {"dataPoints":[{"name":"users/me/dataTypes/sleep/dataPoints/1","dataSource":{"platform":"FITBIT","recordingMethod":"DERIVED"},
          "sleep":{"createTime":"…","updateTime":"…","interval":{"startTime":"…","startUtcOffset":"…","endTime":"…","endUtcOffset":"…"},
            "metadata":{"mainSleep":true,"processed":true,"stagesStatus":"SUCCEEDED"},
            "stages":[{"startTime":"…","startUtcOffset":"…","endTime":"…","endUtcOffset":"…","type":"AWAKE"}],
            "summary":{"minutesAsleep":"390","minutesAwake":"65","minutesInSleepPeriod":"460",
              "stagesSummary":[{"type":"DEEP","minutes":"82","count":"5"}]},"type":"STAGES"}}]}
        """),
    Example(
      path: "dataTypes/daily-heart-rate-variability/dataPoints:reconcile",
      payload: """
        {"dataPoints":[{"dailyHeartRateVariability":{"date":{"year":2026,"month":8,"day":15},
          "averageHeartRateVariabilityMilliseconds":34.9,"deepSleepRootMeanSquareOfSuccessiveDifferencesMilliseconds":31.6,
          "entropy":2.9,"nonRemHeartRateBeatsPerMinute":"59"}}]}
        """),
    Example(
      path: "dataTypes/daily-oxygen-saturation/dataPoints:reconcile",
      payload: """
        {"dataPoints":[{"dailyOxygenSaturation":{"date":{"year":2026,"month":8,"day":15},"averagePercentage":97.5,
          "lowerBoundPercentage":94.0,"upperBoundPercentage":100.0}}]}
        """),
  ]

  @Test("a response has the provider's members and number types", arguments: GoogleHealthShapeTests.examples)
  func shapes(example: Example) async throws {
    let simulator = try simulator(.googleHealth) { $0.rateLimit = 1000 }
    let client = try await WireClient.signedIn(simulator)
    let text =
      example.payload.hasSuffix(".json")
      ? try String(contentsOf: Self.payloads.appending(path: example.payload), encoding: .utf8) : example.payload
    let wanted = paths(try JSONSerialization.jsonObject(with: Data(text.utf8)))
    var found: Set<String> = []
    for reply in try await replies(client, example.path) {
      #expect(reply.status == 200, "\(reply.text)")
      #expect(reply.contentType == "application/json; charset=UTF-8")
      found.formUnion(paths(try reply.json()))
    }
    #expect(wanted.subtracting(found).subtracting(["nextPageToken:text"]) == [])
    // A nap is a sleep too.
    #expect(found.subtracting(wanted).subtracting(["nextPageToken:text", "dataPoints[].sleep.metadata.nap:number"]) == [])
  }

  private func replies(_ client: WireClient, _ path: String) async throws -> [WireReply] {
    let target = "/v4/users/me/" + path
    let day = CivilDate(dayNumber: Population.start / 86_400)
    if path.hasSuffix(":dailyRollUp") {
      return [try await client.dailyRollUp(String(path.split(separator: "/")[1]), day)]
    }
    if path.hasSuffix(":rollUp") {
      let body = #"{"range":{"startTime":"\#(day)T18:00:00Z","endTime":"\#(day)T20:00:00Z"},"windowSize":"60s"}"#
      return [try await client.send("POST", target, body: body)]
    }
    var query: [String: String] = [:]
    if path.contains("/heart-rate/") { query["filter"] = heartFilter("2026-03-08", "2026-03-09") }
    if path.contains("/steps/") {
      query["filter"] = #"steps.interval.civil_start_time >= "2026-03-08" AND steps.interval.civil_start_time < "2026-03-09T12:00:00""#
    }
    // Some responses omit civil times: pages of three sizes make it unlikely that all do.
    var replies: [WireReply] = []
    for size in path.hasPrefix("dataTypes") ? ["15", "20", "25"] : [""] {
      query["pageSize"] = size.isEmpty ? nil : path.contains("/steps/") || path.contains("/heart-rate/") ? size + "00" : size
      replies += try await client.pages(target, query: query)
    }
    return replies
  }

  /// Members by path and kind, without the members of civil times, which are all optional.
  private func paths(_ value: Any, at path: String = "") -> Set<String> {
    switch value {
    case let object as [String: Any]:
      if path.hasSuffix(".time") { return [path] }
      return object.reduce(into: []) { $0.formUnion(paths($1.value, at: path.isEmpty ? $1.key : path + "." + $1.key)) }
    case let list as [Any]: return list.reduce(into: [path + "[]"]) { $0.formUnion(paths($1, at: path + "[]")) }
    case is String: return [path + ":text"]
    default: return [path + ":number"]
    }
  }
}
