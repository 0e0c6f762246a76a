import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

/// Defects of the pipeline that the flow replaces, as the guide's page AllOfUsTemplate lists them: here they do not happen.
@Suite("Flows/fitbit.yaml does not have the defects of the All of Us template")
struct FormerPipelineTests {
  private static func previousSync(_ study: Study) throws -> [String: String] {
    let folder = study.binary.folder.path("participants")
    var found: [String: String] = [:]
    for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasSuffix(".json") {
      let data = try Data(contentsOf: URL(filePath: "\(folder)/\(file)"))
      let members = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      found[String(file.dropLast(5))] = try #require(members["previous_sync"] as? String)
    }
    return found
  }

  @Test("the cursor stays until everything before it is written, and what failed is asked for again", .timeLimit(.minutes(5)))
  func cursor() async throws {
    let study = try await Study(participants: 3, days: 2)
    // Minutes are written, daily activity of every participant fails.
    let broken = try await study.flowrun(["run"], flow: study.editedFlow(ReplayTests.broken))
    #expect(broken.exit == 65, "\(broken.errors)")
    let collected = try study.collected()
    let rows: Int? = try collected.value("SELECT count(*) FROM fitbit_intraday_hr")
    #expect((rows ?? 0) > 0)
    let stopped = try Self.previousSync(study)
    for (name, instant) in stopped {
      let first: Int? = try collected.value(
        "SELECT min(end_instant) FROM slice JOIN participant USING (participant_id) WHERE name = '\(name)' AND state NOT IN ('written', 'provisional')")
      #expect(try Date(instant, strategy: .iso8601).timeIntervalSince1970 < Double(#require(first)), "\(name)")
    }
    #expect(try await study.run().result.exit == 0)
    try study.collected().expectEqual(to: study.truth)
    let after = try Self.previousSync(study)
    #expect(stopped.count == 3)
    for (name, instant) in stopped { #expect(try #require(after[name]) > instant, "\(name)") }
    await study.simulator.stop()
  }

  @Test("a participant whose tracker is not paired or has not synced keeps the cursor; the others go on", .timeLimit(.minutes(5)))
  func noTracker() async throws {
    let study = try await Study(participants: 14, days: 1)
    let before = try Self.previousSync(study)
    let (result, report) = try await study.run()
    #expect(result.exit == 0 && report.number("participants", "complete") == 14 && report.number("errors", "count") == 0, "\(result.errors)")
    let after = try Self.previousSync(study)
    let still = before.keys.filter { before[$0] == after[$0] }.sorted()
    #expect(still == ["P0011", "P0014"])
    for name in still { #expect(result.errors.contains(name)) }
    await study.simulator.stop()
  }

  @Test("participants with data for the same minute have a row each, under their own names", .timeLimit(.minutes(5)))
  func people() async throws {
    let study = try await Study(participants: 4, days: 1)
    #expect(try await study.run().result.exit == 0)
    let collected = try study.collected()
    for table in ["fitbit_intraday_hr", "fitbit_intraday_steps"] {
      let shared: Int? = try collected.value("SELECT count(*) FROM (SELECT 1 FROM \(table) GROUP BY instant HAVING count(*) > 1)")
      let twice: Int? = try collected.value("SELECT count(*) FROM (SELECT 1 FROM \(table) GROUP BY participant_id, instant HAVING count(*) > 1)")
      let unknown: Int? = try collected.value("SELECT count(*) FROM \(table) LEFT JOIN participant USING (participant_id) WHERE name IS NULL")
      #expect((shared ?? 0) > 100 && twice == 0 && unknown == 0, "\(table)")
    }
    try collected.expectEqual(to: study.truth)
    await study.simulator.stop()
  }

  @Test("what is asked for again and is equal is counted, and is no entry of the error folder", .timeLimit(.minutes(5)))
  func duplicates() async throws {
    let study = try await Study(participants: 3, days: 2)
    #expect(try await study.run().result.exit == 0)
    try study.simulator.advance(by: .seconds(2 * 3600))
    let (result, report) = try await study.run()
    #expect(result.exit == 0, "\(result.errors)")
    let rows = try #require(report["rows"] as? [String: [String: Int]])
    #expect((rows["fitbit_intraday_steps"]?["unchanged"] ?? 0) > 0 && (rows["fitbit_hr_summary"]?["unchanged"] ?? 0) > 0, "\(rows)")
    #expect(report.number("errors", "count") == 0 && report.number("flowfiles", "in_errors") == 0)
    await study.simulator.stop()
  }

  // MARK: Answers

  /// The shipped flow with one answer in the place of the provider's.
  private static func tested(at processor: String, dataType: String, _ answer: String, rows: String) async throws -> BuiltBinary.Result {
    let binary = try BuiltBinary()
    try binary.write(String(contentsOfFile: BuiltBinary.flow("fitbit"), encoding: .utf8), to: "fitbit.yaml")
    let test = """
      now: 2026-08-16T12:00:00Z
      tests:
        - name: it becomes rows
          at: \(processor)
          flowfiles:
            - slice: { data_type: \(dataType), start: 2026-08-15T00:00:00Z, end: 2026-08-16T00:00:00Z }
              attributes: { participant: P0001 }
              content: |
                \(answer)
          expect:
            rows:
              \(rows)

      """
    try binary.write(test, to: "fitbit_test.yaml")
    return try await binary.run(["test", "fitbit.yaml"])
  }

  @Test("a summary of any length becomes a row")
  func longSummary() async throws {
    let parts = (0..<200).map { #"{"activity": "walk \#($0)", "distance": 0.01}"# }.joined(separator: ", ")
    let answer = #"{"summary": {"distances": [\#(parts), {"activity": "total", "distance": 6.46}], "steps": 9482}}"#
    #expect(answer.count > 2048 * 3)
    let result = try await Self.tested(
      at: "extract activity", dataType: "daily-activity", answer, rows: "fitbit_daily_activity: [{ date: 2026-08-15, steps: 9482, distance: 6.46 }]")
    #expect(result.exit == 0, "\(result.output)\(result.errors)")
  }

  @Test("a text with quotation marks and SQL in it is a value", arguments: [#"Peak\"; DROP TABLE fitbit_hr_summary; --"#, "Peak' OR '1'='1", "${participant}"])
  func quotes(_ name: String) async throws {
    let answer = #"{"activities-heart": [{"dateTime": "2026-08-15", "value": {"heartRateZones": [{"name": "\#(name)", "min": 30, "max": 94, "minutes": 7}]}}]}"#
    let result = try await Self.tested(
      at: "extract zones", dataType: "heart-rate-zones", answer, rows: "fitbit_hr_summary: [{ date: 2026-08-15, zone: \"\(name)\", minutes: 7 }]")
    #expect(result.exit == 0, "\(result.output)\(result.errors)")
  }
}
