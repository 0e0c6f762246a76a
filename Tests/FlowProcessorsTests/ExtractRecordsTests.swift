import FlowCore
import StudyModel
import StudyProcessors
import Testing

/// Every possible answer of the four endpoints: exact rows, or the exact error.
@Suite("ExtractRecords over the provider's payloads")
struct ExtractRecordsTests {
  private static let slice: Attributes = [
    "participant.zone": "America/New_York", "slice.date": "2026-08-15", "slice.start": "2026-08-15T00:00:00Z",
    "slice.end": "2026-08-16T00:00:00Z",
  ]
  /// 2026-08-15T00:00:00Z.
  private static let midnight: Int64 = 1_786_752_000

  @Test(
    "an answer has exactly the expected rows",
    arguments: [
      (
        "fitbit-heart", "fitbit-heart-intraday-1sec.json",
        ["1786752000 | -14400 | 67", "1786752005 | -14400 | 67", "1786752015 | -14400 | 66"]
      ),
      (
        "fitbit-heart", "fitbit-heart-intraday-time-window.json",
        ["1786752060 | -14400 | 64", "1786752120 | -14400 | 63"]
      ),
      ("fitbit-heart", "fitbit-heart-intraday-empty.json", []),
      (
        "fitbit-steps", "fitbit-steps-intraday-1min.json",
        ["1786752000 | -14400 | 7", "1786752060 | -14400 | 0", "1786752120 | -14400 | 52"]
      ),
      (
        "fitbit-activity", "fitbit-activities-date.json",
        ["2026-08-15 | 1101 | 1705 | 2722 | 673 | 7883 | 6.46 | 60.96 | 20 | 52 | 5 | 157 | 698 | 64"]
      ),
      (
        "fitbit-activity", "fitbit-activities-date-no-altimeter.json",
        ["2026-08-15 | 0 | 1705 | 1705 | 0 | 0 | 0.0 | ∅ | ∅ | 0 | 0 | 0 | 1440 | ∅"]
      ),
      (
        "fitbit-zones", "fitbit-heart-date-1d.json",
        [
          "2026-08-15 | Out of Range | 30 | 94 | 1398 | 1972.14", "2026-08-15 | Fat Burn | 94 | 132 | 34 | 435.03",
          "2026-08-15 | Cardio | 132 | 160 | 8 | 61.98", "2026-08-15 | Peak | 160 | 220 | 0 | 0.0",
        ]
      ),
      (
        "fitbit-zones", "fitbit-heart-date-1d-not-worn.json",
        [
          "2026-08-15 | Out of Range | 30 | 94 | ∅ | ∅", "2026-08-15 | Fat Burn | 94 | 132 | ∅ | ∅",
          "2026-08-15 | Cardio | 132 | 160 | ∅ | ∅", "2026-08-15 | Peak | 160 | 220 | ∅ | ∅",
        ]
      ),
      ("google-heart", "ghealth-empty-page.json", []),
      ("google-distance", "ghealth-distance-daily-rollup.json", ["2026-08-15 | 6.46"]),
      (
        "google-zone-times", "ghealth-time-in-heart-rate-zone-daily-rollup.json",
        ["2026-08-15 | LIGHT | 1294", "2026-08-15 | MODERATE | 82", "2026-08-15 | VIGOROUS | 25"]
      ),
      (
        "google-zones", "ghealth-daily-heart-rate-zones-list.json",
        ["2026-08-15 | LIGHT | 30 | 94", "2026-08-15 | MODERATE | 94 | 132"]
      ),
      ("google-heart", "ghealth-heart-rate-list.json", ["1786798805 | -14400 | 64"]),
      ("google-steps", "ghealth-steps-rollup-60s.json", ["1786798800 | -14400 | 52"]),
    ] as [(String, String, [String])])
  func rows(mapping: String, payload: String, expected: [String]) async throws {
    let outcome = try await ExtractRecordsBench(fixture: mapping).run(payload: payload, Self.slice)
    #expect(outcome.relationship == "success", "\(outcome.message)")
    #expect(outcome.batch?.lines == expected)
    #expect(outcome.counters == ["rows": Int64(expected.count), "rows outside the slice": 0])
  }

  @Test(
    "an answer with a different structure fails, with position and value",
    arguments: [
      (
        "fitbit-heart", "fitbit-steps-intraday-1min.json", Cause.badData,
        "/activities-heart-intraday is absent; expected a list of rows or an object"
      ),
      (
        "fitbit-zones", "fitbit-heart-intraday-time-window.json", .badData,
        "/activities-heart/0/value is '64.2'; expected a list of rows or an object"
      ),
      (
        "fitbit-heart", "fitbit-error-401-expired-token.json", .badData,
        "/activities-heart-intraday is absent; expected a list of rows or an object"
      ),
      (
        "fitbit-steps", "fitbit-steps-timeseries.json", .badData,
        "/activities-steps-intraday is absent; expected a list of rows or an object"
      ),
      (
        "google-steps", "ghealth-steps-daily-rollup.json", .badData,
        "/rollupDataPoints/0/startTime is absent; expected an instant with zone such as 2026-01-05T00:00:00Z"
      ),
    ] as [(String, String, Cause, String)])
  func otherShapes(mapping: String, payload: String, cause: Cause, message: String) async throws {
    let outcome = try await ExtractRecordsBench(fixture: mapping).run(payload: payload, Self.slice)
    #expect(outcome.relationship == "failure")
    #expect(outcome.flowFile.failure == FlowFileFailure(cause: cause, message: message))
    #expect(outcome.counters.isEmpty)
  }

  @Test("HTML with status 200 is not JSON, and the content is kept for the error folder")
  func markup() async throws {
    let outcome = try await ExtractRecordsBench(fixture: "fitbit-heart").run(
      payload: "fitbit-error-502-html.txt", Self.slice)
    #expect(outcome.relationship == "failure")
    #expect(outcome.flowFile.failure?.cause == .badData)
    #expect(outcome.message.hasPrefix("73 bytes of markup that are not a complete JSON document ("))
    #expect(outcome.flowFile.content == .bytes(try Fixture.bytes("payloads/fitbit-error-502-html.txt")))
  }

  @Test("empty content is not JSON")
  func emptyContent() async throws {
    let outcome = try await ExtractRecordsBench(fixture: "fitbit-heart").run(.empty, Self.slice)
    #expect(outcome.flowFile.failure?.cause == .badData)
  }

  @Test("samples after midnight get the next date, and those outside the slice are dropped and counted")
  func twoDays() async throws {
    var attributes = Self.slice
    attributes["slice.date"] = "2026-08-14"
    attributes["slice.start"] = "2026-08-14T23:59:00Z"
    attributes["slice.end"] = "2026-08-15T00:01:00Z"
    let bench = try ExtractRecordsBench(fixture: "fitbit-steps")
    let outcome = try await bench.run(payload: "fitbit-steps-intraday-two-days.json", attributes)
    #expect(outcome.batch?.lines == ["1786751940 | -14400 | 30", "1786752000 | -14400 | 20"])
    #expect(outcome.counters == ["rows": 2, "rows outside the slice": 2])
  }

  @Test("the offset follows the participant's zone across a clock change")
  func offsets() async throws {
    let attributes: Attributes = [
      "participant.zone": "America/New_York", "slice.date": "2026-11-01", "slice.start": "2026-11-01T00:00:00Z",
      "slice.end": "2026-11-02T00:00:00Z",
    ]
    let json = """
      {"activities-steps-intraday": {"dataset": [
        {"time": "05:59:00", "value": 1}, {"time": "06:00:00", "value": 2}, {"time": "23:59:00", "value": 3}]}}
      """
    let outcome = try await ExtractRecordsBench(fixture: "fitbit-steps").run(json, attributes)
    #expect(outcome.batch?["utc_offset"]?.values == .integer([-14400, -18000, -18000]))
  }

  @Test("without a zone the offset is NULL; an unknown zone fails")
  func zones() async throws {
    let bench = try ExtractRecordsBench(fixture: "fitbit-steps")
    var attributes = Self.slice
    attributes["participant.zone"] = nil
    let unknown = try await bench.run(payload: "fitbit-steps-intraday-1min.json", attributes)
    #expect(unknown.batch?["utc_offset"]?.isNull == [true, true, true])
    attributes["participant.zone"] = "America/Nowhere"
    let wrong = try await bench.run(payload: "fitbit-steps-intraday-1min.json", attributes)
    #expect(wrong.flowFile.failure?.cause == .badData)
    #expect(
      wrong.message == "attribute participant.zone is 'America/Nowhere'; expected a zone such as America/Chicago")
  }

  @Test(
    "an invalid slice fails",
    arguments: [
      ("slice.date", "15.08.2026", "attribute slice.date is '15.08.2026'; expected a date yyyy-MM-dd"),
      ("slice.date", "", "no date for the times of day of column 'instant'; expected the date on which they begin"),
      ("slice.end", "later", "attribute slice.end is 'later'; expected an instant such as 2026-01-05T00:00:00Z"),
      (
        "slice.end", "2026-08-14T00:00:00Z",
        "the slice ends at 2026-08-14T00:00:00Z, before its start 2026-08-15T00:00:00Z"
      ),
    ])
  func badSlices(name: String, value: String, message: String) async throws {
    var attributes = Self.slice
    attributes[name] = value
    let bench = try ExtractRecordsBench(fixture: "fitbit-steps")
    let outcome = try await bench.run(payload: "fitbit-steps-intraday-1min.json", attributes)
    #expect(outcome.flowFile.failure == FlowFileFailure(cause: .badData, message: message))
  }

  @Test("rows outside the slice are kept if the mapping allows it, or if the FlowFile has no slice")
  func withoutSlice() async throws {
    let mapping = try Fixture.text("mappings/fitbit-steps.yaml")
    var attributes = Self.slice
    attributes["slice.start"] = "2026-08-15T12:00:00Z"
    let all = try await ExtractRecordsBench(mapping + "within_slice: false\n").run(
      payload: "fitbit-steps-intraday-1min.json", attributes)
    #expect(all.batch?.count == 3)
    attributes["slice.end"] = nil
    let open = try await ExtractRecordsBench(mapping).run(payload: "fitbit-steps-intraday-1min.json", attributes)
    #expect(open.batch?.count == 3)
  }

  @Test(
    "a number as text, with a fraction or beside unknown members is accepted; an unsuitable one is not",
    arguments: [
      (#"{"time": "00:00:00", "value": "12"}"#, "12"), (#"{"time": "00:00:00", "value": 12.5}"#, "13"),
      (#"{"value": 12.4, "level": {"a": []}, "time": "00:00:00"}"#, "12"),
      (#"{"time": "00:00:00", "value": -1}"#, "/0/value is -1; expected a number of at least 0"),
      (#"{"time": "00:00:00", "value": true}"#, "/0/value is true; expected a number of at least 0"),
      (#"{"time": "00:00:00", "value": null}"#, "/0/value is null; expected a number of at least 0"),
      (#"{"time": "00:00:00"}"#, "/0/value is absent; expected a number of at least 0"),
      (#"{"time": "00:00:00", "value": 1, "value": 2}"#, "/0/value is present twice; expected a number of at least 0"),
      (#"{"time": "24:00:00", "value": 1}"#, "/0/time is '24:00:00'; expected a time of day HH:mm:ss"),
      (#"{"time": 0, "value": 1}"#, "/0/time is 0; expected a time of day HH:mm:ss"),
      (#"7"#, "/0 is 7; expected a time of day HH:mm:ss"),
    ])
  func values(row: String, expected: String) async throws {
    let bench = try ExtractRecordsBench(fixture: "fitbit-steps")
    let outcome = try await bench.run(#"{"activities-steps-intraday": {"dataset": [\#(row)]}}"#, Self.slice)
    if let batch = outcome.batch {
      #expect(batch.lines == ["\(Self.midnight) | -14400 | \(expected)"])
    } else {
      #expect(outcome.message == "/activities-steps-intraday/dataset" + expected)
    }
  }

  @Test("the mappings declare the fixed tables", arguments: [
    ("fitbit-heart", "fitbit_intraday_hr"), ("fitbit-steps", "fitbit_intraday_steps"),
    ("fitbit-activity", "fitbit_daily_activity"), ("fitbit-zones", "fitbit_hr_summary"),
  ])
  func promisedTables(mapping: String, table: String) throws {
    let promised = try #require(TableSchema.promised.first { $0.name == table })
    #expect(try ExtractRecordsBench(fixture: mapping).columns == promised.columns)
  }
}
