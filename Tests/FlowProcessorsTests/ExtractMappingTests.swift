import FlowCore
import FlowDefinition
import FlowTesting
import Foundation
import Testing

@testable import FlowProcessors

/// The answers about activities and the body with the shipped mappings: exact rows.
@Suite("The extract flows over the providers' payloads")
struct ExtractMappingTests {
  private static let day: Attributes = [
    "participant.zone": "America/New_York", "slice.zone": "America/New_York", "slice.date": "2026-08-15", "slice.end_date": "2026-08-16",
    "slice.start": "2026-08-15T04:00:00Z", "slice.end": "2026-08-16T04:00:00Z",
  ]

  @Test(
    "an answer has exactly the expected rows",
    arguments: [
      ("fitbit-extract", "weight", "fitbit-weight-range.json", ["1786779731000 | 2026-08-15 | 1786794131 | -14400 | 72.4 | 23.54 | 21.1 | AriaAir"]),
      ("fitbit-extract", "fat", "fitbit-body-fat.json", ["1786838399000 | 2026-08-15 | 1786852799 | -14400 | 21.1 | API"]),
      ("fitbit-extract", "fitness", "fitbit-cardioscore-range.json", ["2026-08-15 | 43.0 | 43.0 | 43 | ∅ | ∅"]),
      ("fitbit-extract", "variability", "fitbit-hrv-intraday.json", ["1786774200 | 1786774200 | -14400 | 2026-08-15 | 26.6 | 0.935 | 126.5 | 471.9"]),
      (
        "google-health-extract", "activities", "ghealth-exercise-list.json",
        ["users/1110000000000000001/dataTypes/exercise/dataPoints/7300000000000000101 | 2026-08-15 | 1786792200 | -14400 | ∅ | 1786794064 | 1801.5 | RUNNING | ACTIVELY_MEASURED | 401 | 2012 | 2.0123005 | 21.336 | 151 | 57 | 1 | Charge 6 | 1786794727"]
      ),
      (
        "google-health-extract", "splits", "ghealth-exercise-list.json",
        [
          "users/1110000000000000001/dataTypes/exercise/dataPoints/7300000000000000101 | 2026-08-15 | 1786792200 | -14400 | ∅ | 1786793090 | 828.0 | DISTANCE | 1.0 | 180 | 147",
          "users/1110000000000000001/dataTypes/exercise/dataPoints/7300000000000000101 | 2026-08-15 | 1786793090 | -14400 | ∅ | 1786794052 | 962.0 | DISTANCE | 1.0 | 218 | 155",
        ]
      ),
      (
        "google-health-extract", "laps", "ghealth-exercise-list.json",
        ["users/1110000000000000001/dataTypes/exercise/dataPoints/7300000000000000101 | 2026-08-15 | 1786792200 | -14400 | ∅ | 1786794064 | 1801.5 | MANUAL | 2.0123005 | 401 | ∅"]
      ),
      (
        "google-health-extract", "weight", "ghealth-weight-list.json",
        ["users/1110000000000000001/dataTypes/weight/dataPoints/7400000000000000003 | 2026-08-15 | 1786794131 | -14400 | 72.4 | ∅ | ∅ | ACTIVELY_MEASURED"]
      ),
      (
        "google-health-extract", "fat", "ghealth-body-fat-list.json",
        ["users/1110000000000000001/dataTypes/body-fat/dataPoints/7410000000000000001 | 2026-08-15 | 1786794131 | -14400 | 21.1 | ACTIVELY_MEASURED"]
      ),
      ("google-health-extract", "fitness", "ghealth-daily-vo2-max-list.json", ["2026-08-15 | 43.2 | 43.2 | ∅ | GOOD | 0"]),
      (
        "google-health-extract", "variability", "ghealth-hrv-list.json",
        ["∅ | 1786774500 | -14400 | 2026-08-15 | 28.4 | ∅ | 131.2 | 455.1", "∅ | 1786774200 | -14400 | 2026-08-15 | 26.6 | ∅ | ∅ | ∅"]
      ),
    ] as [(String, String, String, [String])])
  func rows(_ flow: String, _ kind: String, _ payload: String, _ expected: [String]) async throws {
    let bench = try ExtractRecordsBench(flow: flow, processor: "extract \(kind)")
    let text = try Fixture.text("payloads/\(payload)")
    let outcome = try await bench.run(flow == "google-health-extract" ? "[\(text)]" : text, Self.day)
    #expect(outcome.batch?.lines == expected, "\(outcome.message)")
  }

  @Test(
    "a list with the details of its entries: in an object, by themselves, or not there",
    arguments: [(#""answer":DETAIL"#, "1"), (#""answer":BARE"#, "1"), (#""answer":{"activity":BARE}"#, "1"), (#""absent":404"#, "∅")])
  func details(_ answer: String, _ hasGPS: String) async throws {
    let list = try Fixture.text("payloads/fitbit-activity-list-full.json").replacingOccurrences(of: "\"hasGps\": true,", with: "")
    let detail = try Fixture.text("payloads/fitbit-activity-detail.json")
    let scanner = JSONScanner(Array(detail.utf8))
    let inner = try #require(scanner.root.flatMap { scanner.members(of: $0) }?.first?.value)
    let bare = String(decoding: scanner.bytes[inner], as: UTF8.self)
    let filled = answer.replacingOccurrences(of: "DETAIL", with: detail).replacingOccurrences(of: "BARE", with: bare)
    let bench = try ExtractRecordsBench(flow: "fitbit-extract", processor: "extract activities")
    let outcome = try await bench.run(#"{"activities":[\#(list)],"details":[{"log_id":"53000000101",\#(filled)}]}"#, Self.day)
    let lines = try #require(outcome.batch?.lines, "\(outcome.message)")
    #expect(
      lines.first == "53000000101 | 2026-08-15 | 1786792200 | -14400 | 1864 | 1801.0 | Run | tracker | 401 | 5012 | 5.0123 | 21.336 | 151 | 57 | \(hasGPS) | Charge 6 | 1786794727")
    #expect(lines.count == 2)
  }

  @Test("an identifier keeps all its digits, also beyond signed numbers")
  func longIdentifier() async throws {
    let list = try Fixture.text("payloads/fitbit-activity-list-manual.json").replacingOccurrences(of: "53000000103", with: "18446744073709551615")
      .replacingOccurrences(of: "2026-08-16T17:20", with: "2026-08-15T17:20")
    let bench = try ExtractRecordsBench(flow: "fitbit-extract", processor: "extract activities")
    let details = #"{"activities":[\#(list)],"details":[{"log_id":"18446744073709551615","answer":{"activityLog":{"hasGps":false}}}]}"#
    #expect(
      try await bench.run(details, Self.day).batch?.lines == [
        "18446744073709551615 | 2026-08-15 | 1786828800 | -14400 | 2700 | 2700.0 | Swim | manual | 310 | ∅ | 1.2 | 0.0 | ∅ | ∅ | 0 | Example Import | 1786918500"
      ])
  }

  @Test("a list from a date on may lie wholly behind the slice; what is no list is no empty answer")
  func openEnded() async throws {
    let list = try Fixture.text("payloads/fitbit-activity-list-manual.json")
    let bench = try ExtractRecordsBench(flow: "fitbit-extract", processor: "extract activities")
    let outcome = try await bench.run(#"{"activities":[\#(list)],"details":[]}"#, Self.day)
    #expect(outcome.batch?.count == 0 && outcome.counters["rows outside the slice"] == 1)
    #expect(try await bench.run(#"{"activities":[{"success":true}],"details":[]}"#, Self.day).relationship == "failure")
  }

  // MARK: Tracks

  private static func track(_ xml: String, _ kind: String, isGoogle: Bool = false) async throws -> [String]? {
    let flow = isGoogle ? "google-health-extract" : "fitbit-extract"
    let graph = try ShippedFlow.load(flow)
    let values = graph.processors[try #require(graph.index(of: "convert \(kind)"))].values
    let environment = RuntimeEnvironment.undriven()
    let converter = try ConvertXML(ProcessorConfiguration(name: "convert", values: values, environment: environment, services: [:]))
    let answer = isGoogle ? xml : JSONText.quoted(xml)
    let list = isGoogle ? #"[{}]"# : "[]"
    let content = #"{"activities":\#(list),"tracks":[{"log_id":"1","start":"2026-08-15T12:31:16.000-04:00","answer":\#(answer)},{"log_id":"2","start":"2026-08-15T12:31:16.000-04:00","absent":404}]}"#
    let flowFile = FlowFile(id: FlowFileID(environment.random), attributes: day, content: .bytes(Array(content.utf8)), lineage: LineageID(1), created: environment.time.now)
    let session = ProcessSession(processor: "convert", environment: environment, host: TestSessionHost([flowFile]))
    try await converter.process(session)
    guard case .transferred(let converted, "success")? = session.dispositions.first else { return nil }
    let outcome = try await ExtractRecordsBench(flow: flow, processor: "extract \(kind)").run(converted.content, day)
    return outcome.batch.map { $0.lines.map { $0.replacingOccurrences(of: "1 | 2026-08-15 | ", with: "") } } ?? [outcome.message]
  }

  @Test("points without GPS have no position; a track may have no points")
  func withoutPositions() async throws {
    let partial = try Fixture.text("payloads/fitbit-activity-no-gps-partial.tcx")
    #expect(
      try await Self.track(partial, "tracks") == [
        "1786811476 | -14400 | 88 | 0.0 | ∅", "1786811481 | -14400 | 89 | 0.0064 | ∅", "1786811486 | -14400 | 91 | ∅ | ∅",
      ])
    #expect(try await Self.track(partial, "positions") == [])
    #expect(try await Self.track(partial, "laps") == ["1786811476 | -14400 | 1024 | ∅ | Manual | 1.31 | 88 | ∅"])
    let empty = try Fixture.text("payloads/fitbit-activity-no-gps-empty.tcx")
    #expect(try await Self.track(empty, "tracks") == [])
    #expect(try await Self.track(empty, "laps")?.count == 1)
  }

  @Test("points with GPS, a second lap, and points without a position among them")
  func withPositions() async throws {
    let gps = try Fixture.text("payloads/fitbit-activity-gps.tcx")
    let points = try #require(try await Self.track(gps, "tracks"))
    #expect(points.count == 5 && points.first == "1786792200 | -14400 | 98 | 0.0 | 3.2" && points.last == "1786792561 | -14400 | 150 | 1.0099 | ∅", "\(points)")
    let positions = try #require(try await Self.track(gps, "positions"))
    #expect(positions.first == "1786792200 | 10.0000123456789 | -150.0000123456789", "as near as a double comes")
    #expect(positions.count == points.count - 1, "\(positions)")
  }

  @Test("on Google's wire the track is a text, plain or as Base64", arguments: ["ghealth-exercise-tcx.json", "ghealth-exercise-tcx-base64.json"])
  func google(_ payload: String) async throws {
    let answer = try Fixture.text("payloads/\(payload)")
    #expect(
      try await Self.track(answer, "tracks", isGoogle: true) == [
        "1786792200 | -14400 | 98 | 0.0 | ∅", "1786792204 | -14400 | 104 | 0.01041 | 3.2", "1786792205 | -14400 | ∅ | 0.0132 | 3.2",
      ])
    #expect(try await Self.track(answer, "positions", isGoogle: true)?.count == 2)
  }

  @Test("without consent for places there are no rows, and nothing is replaced")
  func lackingLocation() async throws {
    let bench = try ExtractRecordsBench(flow: "fitbit-extract", processor: "extract tracks")
    var day = Self.day
    day["invokeendpoint.absent_parts"] = "tracks"
    let outcome = try await bench.run(#"{"activities":[{"activities":[]}]}"#, day)
    #expect(outcome.batch?.count == 0 && outcome.flowFile["slice.unfinished"] == "true", "\(outcome.message)")
    #expect(outcome.flowFile["slice.provisional"] == nil)
    #expect(try await bench.run(#"{"activities":[],"other":[]}"#, Self.day).relationship == "failure")
  }
}
