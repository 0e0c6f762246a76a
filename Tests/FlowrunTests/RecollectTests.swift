import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("flowrun recollect")
struct RecollectTests {
  private static func misspelt(_ text: String) -> String {
    ReplayTests.quick(text).replacingOccurrences(of: "from: caloriesBMR", with: "from: caloriesBMR2")
  }

  private static func marked(_ result: BuiltBinary.Result) throws -> [[String: Any]] {
    try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
  }

  @Test("after a column was fixed, what the other version wrote is requested again; until then nothing else changes", .timeLimit(.minutes(5)))
  func flowChanged() async throws {
    let study = try await Study(participants: 4, days: 2)
    let flow = try study.editedFlow(as: "flow.yaml", Self.misspelt)
    let first = try await study.flowrun(["run"], flow: flow)
    #expect(first.exit == 0, "\(first.errors)")
    let rows: Int? = try study.collected().value("SELECT count(*) FROM fitbit_daily_activity WHERE calories_bmr IS NULL")
    #expect(rows ?? 0 > 0)
    let mended = try study.editedFlow(as: "flow.yaml", ReplayTests.quick)
    let idle = try await study.flowrun(["run"], flow: mended, ["--format", "json"])
    #expect(idle.exit == 0)
    let before = try await study.coverage(flow: mended)

    let dry = try await study.flowrun(["recollect"], flow: mended, ["--flow-changed", "--data-type", "daily-activity", "--dry-run", "--format", "json"])
    #expect(dry.exit == 0, "\(dry.errors)")
    let done = try await study.flowrun(["recollect"], flow: mended, ["--flow-changed", "--data-type", "daily-activity", "--format", "json"])
    #expect(done.exit == 0, "\(done.errors)")
    let marked = try Self.marked(done)
    #expect(try Self.marked(dry).count == marked.count && !marked.isEmpty)
    #expect(marked.allSatisfy { $0["data_type"] as? String == "daily-activity" && ($0["slices"] as? Int ?? 0) > 0 })
    let after = try await study.coverage(flow: mended)
    for participant in before.participants {
      #expect(after[participant.participant]?["daily-activity"]?.have == participant["daily-activity"]?.have, "the rows are there")
    }

    let run = try await study.flowrun(["run"], flow: mended, ["--format", "json"])
    #expect(run.exit == 0, "\(run.errors)")
    try study.collected().expectEqual(to: study.truth)
    let states = try study.collected().strings("SELECT DISTINCT state FROM slice WHERE data_type = 'daily-activity' AND latest_sync IS NULL")
    #expect(states == [], "each has an answer as of a sync again")
    let again = try await study.flowrun(["recollect"], flow: mended, ["--flow-changed", "--data-type", "daily-activity", "--format", "json"])
    #expect(try Self.marked(again).isEmpty)
    await study.simulator.stop()
  }

  @Test("participant, data type and window choose; the text reports the number and the run that requests them", .timeLimit(.minutes(5)))
  func chooses() async throws {
    let study = try await Study(participants: 3, days: 3)
    #expect(try await study.run().result.exit == 0)
    let window = ["--participant", "P0001", "--data-type", "intraday-steps", "--from", "2026-03-09", "--until", "2026-03-10"]
    let done = try await study.flowrun(["recollect"], window)
    #expect(done.exit == 0 && done.output.contains("1 slice of 1 participant will be requested again by the next run: flowrun "), "\(done.output)\(done.errors)")
    let marked = try study.collected().strings(
      "SELECT name || ' ' || data_type || ' ' || datetime(start_instant, 'unixepoch') FROM slice JOIN participant USING (participant_id) WHERE latest_sync IS NULL")
    #expect(marked == ["P0001 intraday-steps 2026-03-09 00:00:00"])
    let requests = study.simulator.statistics.totalRequests
    #expect(try await study.run().result.exit == 0)
    #expect(study.simulator.statistics.totalRequests > requests)
    try study.collected().expectEqual(to: study.truth)
    try study.collected().expectContiguousLedger()
    await study.simulator.stop()
  }

  @Test("unknown names are 64 with the nearest; a missing database is reported", .timeLimit(.minutes(5)))
  func mistakes() async throws {
    let study = try await Study(participants: 2, days: 1)
    let early = try await study.flowrun(["recollect"])
    #expect(early.exit == 64 && early.errors.contains("run the flow first: flowrun "), "\(early.errors)")
    #expect(try await study.run().result.exit == 0)
    for (mistake, nearest) in [(["--participant", "p0001"], "P0001"), (["--data-type", "daily-activty"], "daily-activity")] {
      let refused = try await study.flowrun(["recollect"], mistake)
      #expect(refused.exit == 64 && refused.errors.contains("did you mean '\(nearest)'"), "\(refused.errors)")
    }
    let reversed = try await study.flowrun(["recollect"], ["--from", "2026-03-10", "--until", "2026-03-09"])
    #expect(reversed.exit == 64, "\(reversed.errors)")
    await study.simulator.stop()
  }
}
