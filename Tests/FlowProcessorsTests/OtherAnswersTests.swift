import FlowCore
import Testing

/// For every endpoint of the shipped flows, only the documented forms are an empty answer; all others are errors.
@Suite("An answer to a different request is never an empty one")
struct OtherAnswersTests {
  private static let day: Attributes = [
    "participant.zone": "America/New_York", "slice.date": "2026-08-15", "slice.end_date": "2026-08-16", "slice.start": "2026-08-15T04:00:00Z",
    "slice.end": "2026-08-16T04:00:00Z",
  ]
  private struct Endpoint {
    var flow: String
    var processor: String
    /// The position of the answer in the content.
    var content: String = "ANSWER"
    /// The documented forms of an answer without rows.
    var empty: [String]
  }
  private static let page = ["{}", #"{"dataPoints":[]}"#, #"{"nextPageToken":"A"}"#]
  private static let rollUp = ["{}", #"{"rollupDataPoints":[]}"#]
  private static let endpoints: [Endpoint] = [
    Endpoint(flow: "fitbit", processor: "heart", empty: [#"{"activities-heart":[],"activities-heart-intraday":{"dataset":[]}}"#]),
    Endpoint(flow: "fitbit", processor: "steps", empty: [#"{"activities-steps-intraday":{"dataset":[]}}"#]),
    Endpoint(flow: "fitbit", processor: "activity", empty: []), Endpoint(flow: "fitbit", processor: "zones", empty: [#"{"activities-heart":[]}"#]),
    Endpoint(flow: "fitbit-nightly", processor: "sleep", empty: [#"{"sleep":[]}"#, #"{"meta":{"state":"pending"}}"#]),
    Endpoint(flow: "fitbit-nightly", processor: "stages", empty: [#"{"sleep":[]}"#, #"{"meta":{"state":"pending"}}"#, #"{"sleep":[{"logId":1,"startTime":"2026-08-14T22:45:00.000","dateOfSleep":"2026-08-15"}]}"#]),
    Endpoint(flow: "fitbit-nightly", processor: "hrv", empty: [#"{"hrv":[]}"#]), Endpoint(flow: "fitbit-nightly", processor: "oxygen", empty: ["[]", "{}"]),
    Endpoint(flow: "fitbit-nightly", processor: "breathing", empty: [#"{"br":[]}"#]),
    Endpoint(flow: "fitbit-nightly", processor: "temperature", empty: [#"{"tempSkin":[]}"#]),
    Endpoint(flow: "google-health", processor: "heart", content: "[ANSWER]", empty: page),
    Endpoint(flow: "google-health", processor: "steps", content: "[ANSWER]", empty: rollUp + [#"{"nextPageToken":"A"}"#]),
    Endpoint(flow: "google-health", processor: "zones", content: #"{"zones":[ANSWER]}"#, empty: page),
  ]
    + ["steps", "distance", "floors", "altitude", "total_calories", "active_energy", "active_minutes", "sedentary"].map {
      Endpoint(flow: "google-health", processor: "activity", content: #"{"\#($0)":ANSWER}"#, empty: rollUp)
    }
    // Requested piece by piece.
    + ["total_calories", "active_minutes"].map { Endpoint(flow: "google-health", processor: "activity", content: #"{"\#($0)":[ANSWER]}"#, empty: rollUp) }
    + ["calories"].map { Endpoint(flow: "google-health", processor: "zones", content: #"{"zones":[{}],"\#($0)":[ANSWER]}"#, empty: rollUp) }
    + [Endpoint(flow: "google-health", processor: "heart minutes", content: "[ANSWER]", empty: rollUp + [#"{"nextPageToken":"A"}"#])]
    + ["basal", "resting"].map { Endpoint(flow: "google-health", processor: "activity", content: #"{"\#($0)":[ANSWER]}"#, empty: page) }
    + ["time", "calories"].map { Endpoint(flow: "google-health", processor: "zones", content: #"{"zones":[{}],"\#($0)":ANSWER}"#, empty: rollUp) }
    + ["sleep", "stages", "hrv", "oxygen", "breathing", "temperature"].map {
      Endpoint(flow: "google-health-nightly", processor: $0, content: "[ANSWER]", empty: page)
    }
  private static let wrong = [
    #"{"errors":[{"errorType":"system","fieldName":"n/a","message":"Something went wrong."}],"success":false}"#, #"{"message":"no healthy upstream"}"#,
    #"{"error":{"code":503,"status":"UNAVAILABLE"}}"#, "null", #"{"sleep":null}"#, #"{"dataPoints":null}"#, #"{"rollupDataPoints":null}"#,
    #"{"sleep":[{}]}"#, #"{"dataPoints":[{}]}"#, #"{"rollupDataPoints":[{}]}"#, #"[{"message":"no"}]"#, #"{"dataPoints":[{"name":"n"},{"name":"m"}]}"#,
  ]

  @Test("each endpoint's empty forms have no row, everything else fails", arguments: endpoints.indices)
  func forms(_ number: Int) async throws {
    let endpoint = Self.endpoints[number]
    let bench = try ExtractRecordsBench(flow: endpoint.flow, processor: "extract \(endpoint.processor)")
    for answer in endpoint.empty {
      let outcome = try await bench.run(endpoint.content.replacing("ANSWER", with: answer), Self.day)
      #expect(outcome.batch?.count == 0, "\(endpoint.flow) \(endpoint.content) \(answer): \(outcome.message)")
    }
    let isGoogle = endpoint.flow.hasPrefix("google")
    // Without a zone its time is not read.
    let unread = endpoint.content.hasPrefix(#"{"zones":[{}]"#) ? [#"{"rollupDataPoints":[{}]}"#] : []
    for answer in Self.wrong + (isGoogle ? ["[]"] : ["{}"]) where !unread.contains(answer) && !endpoint.empty.contains(answer) {
      let outcome = try await bench.run(endpoint.content.replacing("ANSWER", with: answer), Self.day)
      #expect(outcome.flowFile.failure?.cause == .badData, "\(endpoint.flow) \(endpoint.processor) \(endpoint.content) \(answer)")
    }
  }

  private static func sleep(_ date: String, _ end: String) -> String {
    #"{"sleep":[{"logId":1,"dateOfSleep":"\#(date)","startTime":"2026-08-13T22:45:00.000","endTime":"2026-08-14T06:25:00.000","levels":{"data":[{"dateTime":"2026-08-13T22:45:00.000","level":"wake","seconds":990}]}}]}"#
  }
  private static let civil = #""civilStartTime":{"date":{"year":2026,"month":8,"day":14}}"#

  @Test(
    "an answer for another day is rejected, with rows or empty",
    arguments: [
      ("fitbit", "zones", #"{"activities-heart":[{"dateTime":"2026-08-14","value":{"heartRateZones":[{"name":"Peak","min":1,"max":2}]}}]}"#),
      ("fitbit", "heart", #"{"activities-heart":[{"dateTime":"2026-08-11"}],"activities-heart-intraday":{"dataset":[]}}"#),
      ("fitbit", "steps", #"{"activities-steps":[{"dateTime":"2026-08-20"}],"activities-steps-intraday":{"dataset":[{"time":"05:00:00","value":1}]}}"#),
      ("fitbit-nightly", "sleep", sleep("2026-08-14", "")), ("fitbit-nightly", "stages", sleep("2026-08-14", "")),
      ("fitbit-nightly", "hrv", #"{"hrv":[{"dateTime":"2026-08-14","value":{"dailyRmssd":30}}]}"#),
      ("fitbit-nightly", "oxygen", #"{"dateTime":"2026-08-14","value":{"avg":97}}"#),
      ("fitbit-nightly", "breathing", #"{"br":[{"dateTime":"2026-08-14","value":{"breathingRate":15}}]}"#),
      ("fitbit-nightly", "temperature", #"{"tempSkin":[{"dateTime":"2026-08-16","value":{"nightlyRelative":1}}]}"#),
      ("google-health", "heart", #"[{"dataPoints":[{"heartRate":{"sampleTime":{"physicalTime":"2026-08-01T00:00:00Z"},"beatsPerMinute":"70"}}]}]"#),
      ("google-health", "steps", #"[{"rollupDataPoints":[{"startTime":"2026-08-01T00:00:00Z","steps":{"countSum":"7"}}]}]"#),
      ("google-health", "heart minutes", #"[{"rollupDataPoints":[{"startTime":"2026-08-01T00:00:00Z","heartRate":{"beatsPerMinuteAvg":70}}]}]"#),
      ("google-health", "activity", #"{"total_calories":[{"rollupDataPoints":[{\#(civil),"totalCalories":{"kcalSum":2000}}]}]}"#),
      ("google-health", "activity", #"{"steps":{"rollupDataPoints":[{\#(civil),"steps":{"countSum":"4000"}}]}}"#),
      ("google-health", "activity", #"{"steps":{"rollupDataPoints":[{"startTime":"2026-08-15T04:00:00Z","steps":{"countSum":"4000"}}]}}"#),
      ("google-health", "activity", #"{"resting":[{"dataPoints":[{"dailyRestingHeartRate":{"date":{"year":2026,"month":8,"day":14},"beatsPerMinute":"60"}}]}]}"#),
      ("google-health", "activity", #"{"basal":[{"dataPoints":[{"basalEnergyBurned":{"interval":{"startTime":"2026-08-14T03:00:00Z"},"kcal":900}}]}]}"#),
      ("google-health", "zones", #"{"zones":[{"dataPoints":[{"dailyHeartRateZones":{"date":{"year":2026,"month":8,"day":14},"heartRateZones":[{"heartRateZoneType":"PEAK"}]}}]}]}"#),
      ("google-health-nightly", "sleep", #"[{"dataPoints":[{"name":"n","sleep":{"interval":{"startTime":"2026-08-13T02:45:00Z","endTime":"2026-08-14T02:45:00Z"}}}]}]"#),
      ("google-health-nightly", "stages", #"[{"dataPoints":[{"name":"n","sleep":{"interval":{"startTime":"2026-08-13T02:45:00Z","endTime":"2026-08-14T02:45:00Z"},"stages":[{"startTime":"2026-08-13T02:45:00Z","type":"DEEP"}]}}]}]"#),
      ("google-health-nightly", "hrv", #"[{"dataPoints":[{"dailyHeartRateVariability":{"date":{"year":2026,"month":8,"day":14}}}]}]"#),
    ])
  func otherDay(flow: String, processor: String, document: String) async throws {
    let outcome = try await ExtractRecordsBench(flow: flow, processor: "extract \(processor)").run(document, Self.day)
    #expect(outcome.flowFile.failure?.cause == .badData, "\(outcome.batch?.lines ?? [])")
  }

  @Test("two points for one day are an error", arguments: [
    #"{"steps":{"rollupDataPoints":[POINT,POINT]}}"#.replacing("POINT", with: #"{"civilStartTime":{"date":{"year":2026,"month":8,"day":15}},"steps":{"countSum":"1"}}"#),
    #"{"resting":[{"dataPoints":[POINT]},{"dataPoints":[POINT]}]}"#.replacing("POINT", with: #"{"dailyRestingHeartRate":{"date":{"year":2026,"month":8,"day":15},"beatsPerMinute":"60"}}"#),
  ])
  func twoPoints(document: String) async throws {
    let outcome = try await ExtractRecordsBench(flow: "google-health", processor: "extract activity").run(document, Self.day)
    #expect(outcome.message.hasSuffix(" is present twice; expected a number of at least 0"), "\(outcome.message)")
  }

  @Test("basal intervals of the day are summed, others are not")
  func basal() async throws {
    func point(_ start: String, _ kcal: Int) -> String { #"{"basalEnergyBurned":{"interval":{"startTime":"\#(start)"},"kcal":\#(kcal)}}"# }
    let points = [point("2026-08-15T03:59:00Z", 1), point("2026-08-15T04:00:00Z", 20), point("2026-08-16T03:00:00Z", 300), point("2026-08-16T04:00:00Z", 4000)]
    let outcome = try await ExtractRecordsBench(flow: "google-health", processor: "extract activity").run(
      #"{"basal":[{"dataPoints":[\#(points.joined(separator: ","))]}]}"#, Self.day)
    #expect(outcome.batch?["calories_bmr"]?.values == .integer([320]), "\(outcome.message)")
  }

  @Test("a column without any value is reported, unless the consent does not cover it or a later row fills it")
  func emptyColumns() async throws {
    let mapping = "rows: /rows\ncolumns:\n  a: { kind: integer }\n  b: { kind: integer, from: mistyped }\n  c: { kind: text, value: x }\n"
    let bench = try ExtractRecordsBench(mapping)
    _ = try await bench.run(#"{"rows":[{},{}]}"#, ["slice.lacking": "heartrate"])
    #expect(bench.emptyColumns.isEmpty)
    _ = try await bench.run(#"{"rows":[{},{}]}"#)
    #expect(bench.emptyColumns.first?.detail.hasPrefix("a (2 rows), b (2 rows); ") == true)
    _ = try await bench.run(#"{"rows":[{"a":1}]}"#)
    #expect(bench.emptyColumns.map(\.processor) == ["extract"])
    #expect(bench.emptyColumns.first?.detail.hasPrefix("b (3 rows); ") == true)
  }

  @Test("a form of an empty answer must be on the path to the rows")
  func misplacedForm() {
    let values = try? ExtractRecordsBench.values("rows: /a/b\nempty: [{ at: /a, is: x, has: [y] }]\ncolumns:\n  a: { kind: integer }\n")
    #expect(values == nil)
  }
}
