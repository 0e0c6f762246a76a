import FlowCore
import FlowTesting
import StudyModel
import Testing

/// Every answer of Google Health with the mappings of the shipped flow: exact rows, or the exact error.
@Suite("google-health.yaml over the provider's payloads")
struct GoogleHealthMappingTests {
  private static let day: Attributes = [
    "participant.zone": "America/New_York", "slice.date": "2026-08-15", "slice.start": "2026-08-15T00:00:00Z",
    "slice.end": "2026-08-16T00:00:00Z",
  ]
  private static func bench(_ processor: String, detail: String = "1sec") throws -> ExtractRecordsBench {
    try ExtractRecordsBench(flow: "google-health", processor: processor, ["detail": detail])
  }
  private static func payload(_ name: String) throws -> String { try Fixture.text("payloads/\(name)") }

  // MARK: Samples

  @Test("samples by the second, or as the mean of a minute", arguments: [("1sec", 1_786_798_805), ("1min", 1_786_798_800)])
  func heart(detail: String, instant: Int) async throws {
    let pages = "[\(try Self.payload("ghealth-heart-rate-list.json")),\(try Self.payload("ghealth-empty-page.json")),{}]"
    let outcome = try await Self.bench("extract heart", detail: detail).run(pages, Self.day)
    #expect(outcome.batch?.lines == ["\(instant) | -14400 | 64"], "\(outcome.message)")
  }

  @Test("steps of a minute: an empty object is zero, a point without one is not a row")
  func steps() async throws {
    let more = """
      {"rollupDataPoints":[{"startTime":"2026-08-15T13:01:00Z","endTime":"2026-08-15T13:02:00Z","steps":{}},
      {"startTime":"2026-08-15T13:02:00Z","endTime":"2026-08-15T13:03:00Z"}]}
      """
    let outcome = try await Self.bench("extract steps").run("[\(more),\(try Self.payload("ghealth-steps-rollup-60s.json"))]", Self.day)
    #expect(outcome.batch?.lines == ["1786798860 | -14400 | 0", "1786798800 | -14400 | 52"], "\(outcome.message)")
    #expect(outcome.counters["rows without a value"] == 1)
  }

  @Test(
    "an answer to a different request fails, with its position",
    arguments: [
      ("extract steps", "ghealth-steps-list.json", "/0/dataPoints is a list; expected no other object or list than 'rollupDataPoints' there"),
      ("extract steps", "ghealth-steps-daily-rollup.json", "/0/rollupDataPoints/0/civilStartTime is an object; expected no other object or list than 'steps' there"),
      ("extract steps", "ghealth-error-503.json", "/0/error is an object; expected no other object or list than 'rollupDataPoints' there"),
      ("extract heart", "ghealth-steps-list.json", "/0/dataPoints/0/steps is an object; expected no other object or list than 'heartRate' there"),
      ("extract heart", "ghealth-sleep-list.json", "/0/dataPoints/0/sleep is an object; expected no other object or list than 'heartRate' there"),
      ("extract heart", "ghealth-paired-devices.json", "/0/pairedDevices is a list; expected no other object or list than 'dataPoints' there"),
      ("extract heart", "ghealth-webhook-notification.json", "/0/data is an object; expected no other object or list than 'dataPoints' there"),
    ])
  func otherAnswers(processor: String, name: String, message: String) async throws {
    let outcome = try await Self.bench(processor).run("[\(try Self.payload(name))]", Self.day)
    #expect(outcome.flowFile.failure == FlowFileFailure(cause: .badData, message: message))
  }

  @Test(
    "wire rules of samples",
    arguments: [
      (#"{"beatsPerMinute":"61","sampleTime":{"physicalTime":"2026-08-15T13:00:05.999Z"}}"#, "1786798805 | -14400 | 61"),
      (#"{"beatsPerMinute":61,"sampleTime":{"physicalTime":"2026-08-15T13:00:05Z","civilTime":{"time":{}}},"new":[{}]}"#, "1786798805 | -14400 | 61"),
      (#"{"beatsPerMinute":"NaN","sampleTime":{"physicalTime":"2026-08-15T13:00:05Z"}}"#, ""),
      (#"{"sampleTime":{"physicalTime":"2026-08-15T13:00:05Z"}}"#, ""),
      (#"{"beatsPerMinute":"fast","sampleTime":{"physicalTime":"2026-08-15T13:00:05Z"}}"#, "/beatsPerMinute is 'fast'; expected a number from 0 to 500"),
      (#"{"beatsPerMinute":"501","sampleTime":{"physicalTime":"2026-08-15T13:00:05Z"}}"#, "/beatsPerMinute is '501'; expected a number from 0 to 500"),
      (#"{"beatsPerMinute":"61","sampleTime":{}}"#, "/sampleTime/physicalTime is absent; expected an instant with zone such as 2026-01-05T00:00:00Z"),
    ])
  func samples(_ sample: String, expected: String) async throws {
    let outcome = try await Self.bench("extract heart").run(#"[{"dataPoints":[{"heartRate":\#(sample)}]}]"#, Self.day)
    if let batch = outcome.batch {
      #expect(batch.lines == (expected.isEmpty ? [] : [expected]))
    } else {
      #expect(outcome.message == "/0/dataPoints/0/heartRate" + expected)
    }
  }

  @Test("the mean of a minute is rounded, .5 away from zero; missing values do not count; order is irrelevant")
  func means() async throws {
    func sample(_ second: Int, _ value: String) -> String {
      let time = "2026-08-15T13:0\(second / 60):\(second % 60 < 10 ? "0" : "")\(second % 60)Z"
      return #"{"heartRate":{"beatsPerMinute":"\#(value)","sampleTime":{"physicalTime":"\#(time)"}}}"#
    }
    let samples = [sample(119, "71"), sample(60, "70"), sample(59, "60"), sample(5, "61"), sample(30, "NaN"), sample(125, "60"), sample(121, "61"), sample(130, "61"), sample(140, "60"), sample(150, "60")]
    let outcome = try await Self.bench("extract heart", detail: "1min").run(#"[{"dataPoints":[\#(samples.joined(separator: ","))]}]"#, Self.day)
    #expect(outcome.batch?.lines == ["1786798800 | -14400 | 61", "1786798860 | -14400 | 71", "1786798920 | -14400 | 60"])
    #expect(outcome.counters["rows without a value"] == 1)
  }

  // MARK: Days

  private static func activity(_ members: [String: String]) throws -> String {
    "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
  }

  @Test("a day is joined from its parts; the requested day counts, not the first one listed")
  func activityDay() async throws {
    let bench = try Self.bench("extract activity")
    let resting = "[\(try Self.payload("ghealth-empty-page.json")),\(try Self.payload("ghealth-daily-resting-heart-rate-list.json"))]"
    let document = try Self.activity([
      "steps": Self.payload("ghealth-steps-daily-rollup.json"), "distance": Self.payload("ghealth-distance-daily-rollup.json"),
      "total_calories": Self.payload("ghealth-total-calories-daily-rollup.json"), "resting": resting,
      "basal": #"[{"dataPoints":[{"basalEnergyBurned":{"kcal":900.3}},{"basalEnergyBurned":{"kcal":804.4}}],"nextPageToken":"A"},{"dataPoints":[{"basalEnergyBurned":{"kcal":0.3}},{"basalEnergyBurned":{}}]}]"#,
      "floors": point("floors", #"{"countSum":"12"}"#), "altitude": point("altitude", #"{"gainMillimetersSum":"36000"}"#),
      "active_energy": point("activeEnergyBurned", #"{"kcalSum":880.5}"#), "sedentary": point("sedentaryPeriod", #"{"durationSum":"43230s"}"#),
      "active_minutes": point("activeMinutes", #"{"activeMinutesRollupByActivityLevel":[{"activityLevel":"LIGHT","activeMinutesSum":"157"},{"activityLevel":"VIGOROUS"}]}"#),
    ])
    let outcome = try await bench.run(document, Self.day)
    #expect(outcome.batch?.lines == ["2026-08-15 | 881 | 1705 | 2540 | ∅ | 9000 | 6.46 | 36.0 | 12 | 0 | 0 | 157 | 721 | 65"], "\(outcome.message)")
    var before = Self.day
    before["slice.date"] = "2026-08-14"
    // Points of other days only are not an answer for this one.
    #expect(try await bench.run(document, before).flowFile.failure?.cause == .badData)
  }

  private func point(_ member: String, _ value: String) -> String {
    #"{"rollupDataPoints":[{"civilStartTime":{"date":{"year":2026,"month":8,"day":15},"time":{}},"civilEndTime":{},"\#(member)":\#(value)}]}"#
  }

  @Test(
    "zero members are omitted from an existing object; without the object there is no value",
    arguments: [("{}", "∅"), (#"{"rollupDataPoints":[]}"#, "∅"), ("", "∅"), ("{VALUE}", "0"), ("{NONE}", "∅")])
  func zeros(_ form: String, steps: String) async throws {
    let none = #"{"rollupDataPoints":[{"civilStartTime":{"date":{"year":2026,"month":8,"day":15}}}]}"#
    let answer = form == "{VALUE}" ? point("steps", "{}") : form == "{NONE}" ? none : form
    let outcome = try await Self.bench("extract activity").run(Self.activity(answer.isEmpty ? [:] : ["steps": answer]), Self.day)
    // A day without data is not a row.
    let row = "2026-08-15 | ∅ | ∅ | ∅ | ∅ | \(steps) | ∅ | ∅ | ∅ | ∅ | ∅ | ∅ | ∅ | ∅"
    #expect(outcome.batch?.lines == (steps == "∅" ? [] : [row]), "\(outcome.message)")
  }

  @Test("columns of an unrequested part are omitted, so that an earlier value is kept")
  func absentParts() async throws {
    var attributes = Self.day
    attributes["invokeendpoint.absent_parts"] = "resting,basal"
    let outcome = try await Self.bench("extract activity").run(Self.activity(["steps": point("steps", "{}")]), attributes)
    #expect(outcome.batch?["resting_heart_rate"] == nil)
    #expect(outcome.batch?["calories_bmr"] == nil)
    #expect(outcome.batch?["steps"]?.values == .integer([0]), "\(outcome.message)")
  }

  @Test("40,000 samples of one day in four pages are the rows of one FlowFile")
  func manySamples() async throws {
    let pages = (0..<4).map { page in
      let points = (0..<10_000).map { index -> String in
        let second = page * 20_000 + index * 2
        let time = Instant(seconds: 1_786_752_000 + Int64(second)).text
        return #"{"heartRate":{"beatsPerMinute":"\#(60 + index % 40)","sampleTime":{"physicalTime":"\#(time)"}}}"#
      }
      return #"{"dataPoints":[\#(points.reversed().joined(separator: ","))]"# + (page < 3 ? #","nextPageToken":"\#(page)"}"# : "}")
    }
    let bench = try EndpointBench(["url": "/v4/heart", "pages": ["token": "/nextPageToken", "parameter": "pageToken"]]) { _, _, count in .json(pages[count - 1]) }
    let answered = try #require(await bench.run()["success"].first)
    #expect(bench.provider.asked.count == 4)
    let outcome = try await Self.bench("extract heart").run(answered.content, Self.day)
    #expect(outcome.batch?.count == 40_000, "\(outcome.message)")
    let minutes = try await Self.bench("extract heart", detail: "1min").run(answered.content, Self.day)
    #expect(minutes.batch?.count == 1334)
  }

  @Test("a part with a different value than requested fails")
  func otherMember() async throws {
    let document = try Self.activity(["distance": Self.payload("ghealth-steps-daily-rollup.json")])
    let outcome = try await Self.bench("extract activity").run(document, Self.day)
    #expect(outcome.message == "/distance/rollupDataPoints/0/steps is an object; expected no other object or list than 'distance' there")
  }

  // MARK: Zones

  @Test("one row per zone, with its time and calories; a zone without time has 0 minutes, unless it was not requested")
  func zones() async throws {
    let bench = try Self.bench("extract zones")
    let zones = try Self.payload("ghealth-daily-heart-rate-zones-list.json")
    let time = try Self.payload("ghealth-time-in-heart-rate-zone-daily-rollup.json")
    let calories = point("caloriesInHeartRateZone", #"{"caloriesInHeartRateZones":[{"heartRateZone":"MODERATE","kcal":55.25},{"heartRateZone":"PEAK","kcal":1}]}"#)
    let all = try await bench.run(#"{"zones":[\#(zones)],"time":\#(time),"calories":\#(calories)}"#, Self.day)
    #expect(all.batch?.lines == ["2026-08-15 | LIGHT | 30 | 94 | 1294 | ∅", "2026-08-15 | MODERATE | 94 | 132 | 82 | 55.25"], "\(all.message)")
    let idle = try await bench.run(#"{"zones":[\#(zones)],"time":{}}"#, Self.day)
    #expect(idle.batch?.lines == ["2026-08-15 | LIGHT | 30 | 94 | 0 | ∅", "2026-08-15 | MODERATE | 94 | 132 | 0 | ∅"])
    let refused = try await bench.run(#"{"zones":[{"nextPageToken":"A"},\#(zones)]}"#, Self.day)
    #expect(refused.batch?.lines == ["2026-08-15 | LIGHT | 30 | 94 | ∅ | ∅", "2026-08-15 | MODERATE | 94 | 132 | ∅ | ∅"])
    #expect(try await bench.run(#"{"zones":[{}],"time":{}}"#, Self.day).batch?.lines == [])
  }

  @Test("the flow fills the fixed tables", arguments: [
    ("extract heart", "fitbit_intraday_hr"), ("extract steps", "fitbit_intraday_steps"), ("extract activity", "fitbit_daily_activity"),
    ("extract zones", "fitbit_hr_summary"),
  ])
  func promisedTables(processor: String, table: String) throws {
    #expect(try Self.bench(processor).columns == #require(TableSchema.promised.first { $0.name == table }).columns)
  }
}
