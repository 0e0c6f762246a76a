import FlowCore
import Testing

/// Every nightly answer of both providers with the shipped mappings: exact rows.
@Suite("The nightly flows over the providers' payloads")
struct NightlyMappingTests {
  private static let day: Attributes = [
    "participant.zone": "America/New_York", "slice.date": "2026-08-15", "slice.start": "2026-08-15T04:00:00Z",
    "slice.end": "2026-08-16T04:00:00Z",
  ]

  @Test(
    "an answer has exactly the expected rows",
    arguments: [
      ("sleep", "fitbit-sleep-date.json", ["39800000001 | 2026-08-15 | 1786761900 | -14400 | 1786789500 | stages | 1 | 395 | 65 | 0 | 0 | 460"], nil),
      ("sleep", "fitbit-sleep-date-classic.json", ["39800000002 | 2026-08-15 | 1786820340 | -14400 | 1786824150 | classic | 0 | 63 | 0 | 0 | 0 | 63"], nil),
      ("sleep", "fitbit-sleep-empty.json", [], nil), ("sleep", "fitbit-sleep-pending.json", [], "true"),
      (
        "stages", "fitbit-sleep-date.json",
        [
          "39800000001 | 1786761900 | 1786761900 | -14400 | wake | 990 | 2026-08-15", "39800000001 | 1786761900 | 1786762890 | -14400 | light | 1200 | 2026-08-15",
          "39800000001 | 1786761900 | 1786764090 | -14400 | deep | 510 | 2026-08-15", "39800000001 | 1786761900 | 1786767720 | -14400 | rem | 1380 | 2026-08-15",
        ], nil
      ),
      ("stages", "fitbit-sleep-pending.json", [], "true"),
      ("hrv", "fitbit-hrv-date.json", ["2026-08-15 | 34.9 | 31.6 | ∅ | ∅"], nil),
      ("oxygen", "fitbit-spo2-date.json", ["2026-08-15 | 97.5 | 94.0 | 100.0"], nil),
      ("breathing", "fitbit-br-date.json", ["2026-08-15 | 17.8"], nil),
      ("temperature", "fitbit-temp-skin.json", ["2026-08-15 | -0.3 | ∅ | ∅ | ∅"], nil),
      (
        "sleep", "ghealth-sleep-list.json",
        ["users/me/dataTypes/sleep/dataPoints/1 | 2026-08-15 | 1786761900 | -14400 | 1786789500 | STAGES | 1 | 390 | 65 | 0 | 0 | 460"], nil
      ),
      (
        "stages", "ghealth-sleep-list.json",
        ["users/me/dataTypes/sleep/dataPoints/1 | 1786761900 | 1786761900 | -14400 | AWAKE | ∅ | 1786762890 | 2026-08-15"], nil
      ),
      ("hrv", "ghealth-daily-hrv-list.json", ["2026-08-15 | 34.9 | 31.6 | 2.9 | 59"], nil),
      ("oxygen", "ghealth-daily-oxygen-saturation-list.json", ["2026-08-15 | 97.5 | 94.0 | 100.0"], nil),
      ("temperature", "ghealth-sleep-temperature-nan.json", ["2026-08-15 | ∅ | 33.8 | ∅ | ∅"], nil),
      ("breathing", "ghealth-empty-page.json", [], nil),
    ] as [(String, String, [String], String?)])
  func rows(kind: String, payload: String, expected: [String], provisional: String?) async throws {
    let isGoogle = payload.hasPrefix("ghealth")
    let bench = try ExtractRecordsBench(flow: isGoogle ? "google-health-nightly" : "fitbit-nightly", processor: "extract \(kind)")
    let text = try Fixture.text("payloads/\(payload)")
    let outcome = try await bench.run(isGoogle ? "[\(text)]" : text, Self.day)
    #expect(outcome.batch?.lines == expected, "\(outcome.message)")
    #expect(outcome.flowFile["slice.provisional"] == provisional)
    #expect(outcome.flowFile["slice.unfinished"] == provisional)
  }

  @Test(
    "a night with pending stages is provisional",
    arguments: [(#"{"processed":true}"#, nil), (#"{"processed":false}"#, "true"), ("{}", "true")] as [(String, String?)])
  func unprocessed(metadata: String, provisional: String?) async throws {
    let bench = try ExtractRecordsBench(flow: "google-health-nightly", processor: "extract sleep")
    let point = #"{"name":"n","sleep":{"interval":{"startTime":"2026-08-15T02:45:00Z"},"metadata":\#(metadata)}}"#
    let outcome = try await bench.run(#"[{"dataPoints":[\#(point)]}]"#, Self.day)
    #expect(outcome.batch?.count == 1, "\(outcome.message)")
    #expect(outcome.flowFile["slice.provisional"] == provisional)
  }

  @Test("a local time in a repeated hour is the first one; in a skipped hour the previous offset applies", arguments: [
    ("2026-11-01T01:30:00.000", 1_793_511_000), ("2026-03-08T02:30:00.000", 1_772_951_400), ("2026-08-14T22:45:00.000", 1_786_761_900),
  ])
  func localTimes(_ text: String, instant: Int64) async throws {
    let bench = try ExtractRecordsBench("rows: /rows\nwithin_slice: false\ncolumns:\n  instant: { kind: instant, from: t, notation: local_time, required: true }\n")
    let outcome = try await bench.run(#"{"rows":[{"t":"\#(text)"}]}"#, Self.day)
    #expect(outcome.batch?["instant"]?.values == .integer([instant]), "\(outcome.message)")
    let noZone = try await bench.run(#"{"rows":[{"t":"\#(text)"}]}"#, [:])
    #expect(noZone.message == "no time zone for the local times of column 'instant'; expected the participant's zone")
  }
}
