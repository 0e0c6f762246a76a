import FlowSimulator
import FlowTesting
import Foundation
import GRDB
import StudyModel
import Testing

@Suite("A wrong stored response stays wrong")
struct BadAnswerTests {
  @Test("with the unchanged flow, replay sends the request again and resolves the entry", .timeLimit(.minutes(5)))
  func healsByReplay() async throws {
    let study = try await Study(participants: 6, days: 2)
    let flow = try study.editedFlow(ReplayTests.quick)
    try await study.restart { $0.faults = [Fault(.error200, share: 0.3, of: .data)] }
    let first = try await study.flowrun(["run"], flow: flow, ["--format", "json"])
    #expect(first.exit != 0, "\(first.errors)")
    let bad = try await OwnEntriesTests.entries(study).filter { entry in
      entry["cause"] as? String == "bad_data" && (entry["attributes"] as? [String: String])?["slice.start"] != nil
    }
    #expect(!bad.isEmpty)
    try await study.restart()
    // Those that failed on the way to their slices first: their participants are read again.
    for _ in 1...2 {
      let replayed = try await study.flowrun(["replay"], flow: flow, ["--format", "json"])
      #expect([0, 65, 75].contains(replayed.exit), "\(replayed.errors)")
    }
    #expect(try await OwnEntriesTests.entries(study).isEmpty)
    let run = try await study.flowrun(["run"], flow: flow, ["--format", "json"])
    #expect(run.exit == 0, "\(run.errors)")
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }

  private static func misspelt(_ text: String) -> String {
    ReplayTests.quick(text).replacingOccurrences(of: "from: caloriesBMR", with: "from: caloriesBMR2")
  }

  @Test("with a fixed mapping, rows that could not be written are produced from the kept response, without a request", .enabled(if: StudyDatabase.isFile, "it damages or moves the file"), .timeLimit(.minutes(5)))
  func healsByMapping() async throws {
    let study = try await Study(participants: 3, days: 1)
    let flow = try study.editedFlow(as: "flow.yaml", Self.misspelt)
    #expect(try await study.flowrun(["run"], flow: flow, ["--only", "P0001"]).exit == 0)
    try await DatabaseQueue(path: study.database).write {
      try $0.execute(sql: "CREATE TRIGGER blocked BEFORE INSERT ON fitbit_daily_activity BEGIN SELECT RAISE(ABORT, 'not now'); END")
    }
    let failed = try await study.flowrun(["run"], flow: flow)
    #expect(failed.exit != 0, "\(failed.errors)")
    let entries = try await OwnEntriesTests.entries(study)
    #expect(!entries.isEmpty && entries.allSatisfy { $0["processor"] as? String == "write activity" })
    #expect(entries.allSatisfy { $0["response_type"] as? String == "application/json" })
    #expect(entries.allSatisfy { ($0["way"] as? [String])?.suffix(4) == ["invoke activity", "extract activity", "check activity", "write activity"] })
    try await DatabaseQueue(path: study.database).write { try $0.execute(sql: "DROP TRIGGER blocked") }

    let requests = study.simulator.statistics.totalRequests
    let mended = try study.editedFlow(as: "flow.yaml", ReplayTests.quick)
    let replayed = try await study.flowrun(
      ["replay"], flow: mended, ["--from", "extract activity", "--allow-flow-change", "--format", "json"])
    #expect(replayed.exit == 0, "\(replayed.errors)\n\(replayed.output)")
    #expect(study.simulator.statistics.totalRequests == requests)
    #expect(try await OwnEntriesTests.entries(study).isEmpty)
    let left: Int? = try study.collected().value(
      "SELECT count(*) FROM fitbit_daily_activity JOIN participant USING (participant_id) WHERE name <> 'P0001' AND calories_bmr IS NULL AND calories_out IS NOT NULL")
    #expect(left == 0)
    await study.simulator.stop()
  }
}
