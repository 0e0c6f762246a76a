import FlowCore
import Testing

/// Intervals of 15 minutes with the shipped mappings: exact rows.
@Suite("The warehouse flows over the providers' payloads")
struct WarehouseMappingTests {
  private static let day: Attributes = [
    "participant.zone": "America/New_York", "slice.zone": "UTC", "slice.date": "2026-08-15", "slice.last_date": "2026-08-15", "slice.end_date": "2026-08-16",
    "slice.start": "2026-08-15T00:00:00Z", "slice.end": "2026-08-16T00:00:00Z",
  ]

  @Test(
    "an answer has exactly the expected rows",
    arguments: [
      ("fitbit-warehouse", "heart", "fitbit-heart-15min.json", ["1786752000 | -14400 | 58", "1786752900 | -14400 | 57", "1786779000 | -14400 | 141"]),
      (
        "fitbit-warehouse", "steps", "fitbit-steps-15min.json",
        ["1786752000 | -14400 | 0", "1786752900 | -14400 | 0", "1786778100 | -14400 | 2410", "1786779000 | -14400 | 1802"]
      ),
      (
        "fitbit-warehouse", "distance", "fitbit-distance-15min.json",
        ["1786752000 | -14400 | 0.0", "1786752900 | -14400 | 0.0", "1786778100 | -14400 | 2.5061", "1786779000 | -14400 | 1.8343999999999998"]
      ),
      ("google-health-warehouse", "heart", "ghealth-heart-rate-rollup-900s.json", ["1786793400 | -14400 | 150", "1786791600 | -14400 | 88"]),
      ("google-health-warehouse", "distance", "ghealth-distance-rollup-900s.json", ["1786793400 | -14400 | 1.8344", "1786792500 | -14400 | 2.5061"]),
    ] as [(String, String, String, [String])])
  func rows(_ flow: String, _ kind: String, _ payload: String, _ expected: [String]) async throws {
    let bench = try ExtractRecordsBench(flow: flow, processor: "extract \(kind)")
    let text = try Fixture.text("payloads/\(payload)")
    let outcome = try await bench.run(flow.hasPrefix("google") ? "[\(text)]" : text, Self.day)
    #expect(outcome.batch?.lines == expected, "\(outcome.message)")
  }

  @Test("no steps are a true zero, and what was not measured is no row")
  func zero() async throws {
    func point(_ hour: String, _ value: String) -> String { #"{"startTime":"2026-08-15T\#(hour):00:00Z","endTime":"2026-08-15T\#(hour):15:00Z"\#(value)}"# }
    for (kind, member) in [("steps", "steps"), ("distance", "distance")] {
      let bench = try ExtractRecordsBench(flow: "google-health-warehouse", processor: "extract \(kind)")
      let points = [point("10", #","\#(member)":{}"#), point("11", "")]
      let outcome = try await bench.run(#"[{"rollupDataPoints":[\#(points.joined(separator: ","))]}]"#, Self.day)
      #expect(outcome.batch?.count == 1, "\(outcome.message)")
      #expect(outcome.batch?.lines.first?.hasPrefix("1786788000 | -14400 | 0") == true)
    }
  }

  @Test("the answer to another day is refused", arguments: ["heart", "steps", "distance"])
  func otherDay(_ kind: String) async throws {
    let bench = try ExtractRecordsBench(flow: "fitbit-warehouse", processor: "extract \(kind)")
    let text = try Fixture.text("payloads/fitbit-\(kind)-15min.json").replacing("2026-08-15", with: "2026-08-01")
    let outcome = try await bench.run(text, Self.day)
    #expect(outcome.relationship == "failure" && outcome.flowFile.failure?.cause == .badData)
  }
}
