import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

/// The extract flows with the built program: replay after an edit, and kills while follow-up calls are under way.
@Suite("The extract flows on the simulated providers")
struct ExtractRunTests {
  private static let flows = ["fitbit-extract", "google-health-extract"]
  /// Tables with the columns that are compared.
  private static let columns = [
    "fitbit_activity": ["log_id", "instant", "calories", "distance", "has_gps", "modified"], "fitbit_activity_track": ["log_id", "instant", "heart_rate", "distance", "altitude"],
    "fitbit_activity_position": ["log_id", "instant", "latitude", "longitude"], "fitbit_weight": ["log_id", "instant", "weight"], "fitbit_body_fat": ["log_id", "fat"],
    "fitbit_vo2max": ["date", "low", "high"], "fitbit_hrv": ["instant", "rmssd", "lf"],
  ]

  private static func expectTruth(_ study: Study, _ comment: Comment? = nil) throws {
    let collected = try study.collected()
    let truth = study.truth
    var expected: [String: [String]] = [:]
    for participant in truth.population.participants {
      func add(_ row: TableRow) {
        guard let columns = columns[row.table] else { return }
        let values = columns.compactMap { name in row.columns.first { $0.name == name }?.value.rounded }
        expected[row.table, default: []].append(([participant.name] + values).joined(separator: " "))
      }
      truth.forEachActivityRow(of: participant, add)
      truth.forEachBodyRow(of: participant, add)
    }
    for (table, columns) in columns {
      // Numbers as printed, because SQLite's own text of a number has fewer digits.
      let text = columns.map { "CASE typeof(\($0)) WHEN 'real' THEN printf('%.9f', \($0)) ELSE coalesce(\($0), '-') END" }.joined(separator: " || ' ' || ")
      let rows = try collected.strings("SELECT name || ' ' || \(text) FROM \(table) JOIN participant USING (participant_id)")
      #expect(rows.sorted() == (expected[table] ?? []).sorted(), comment)
    }
    try collected.expectContiguousLedger()
  }

  private static func quick(_ text: String) -> String { ReplayTests.quick(text).replacing("\n    default: 1sec", with: "\n    default: 1min") }

  @Test("a mapping that did not fit is mended: replay collects from what was kept and asks nothing", .timeLimit(.minutes(5)), arguments: flows)
  func mendedMapping(_ flow: String) async throws {
    let study = try await Study(participants: 3, days: 3, flow: flow)
    let broken = try study.editedFlow(as: "flow.yaml") { Self.quick($0).replacing("from: AltitudeMeters, accept_text: true", with: "from: AltitudeMeters, accept_text: true, maximum: 1") }
    let failed = try await study.flowrun(["run"], flow: broken, ["--format", "json"])
    #expect(failed.exit == 65, "\(failed.errors)")
    let count = try #require(try failed.json().number("errors", "count"))
    let mended = try study.editedFlow(as: "flow.yaml", Self.quick)
    let requests = study.simulator.statistics.requests
    let replayed = try await study.flowrun(["replay"], flow: mended, ["--allow-flow-change", "--format", "json"])
    #expect(replayed.exit == 0, "\(replayed.errors)\n\(replayed.output)")
    #expect(count > 0)
    let after = study.simulator.statistics.requests
    for kind in ["activity-track", "activity-list", "exercise:list", "exercise:exportExerciseTcx"] { #expect(after[kind] == requests[kind]) }
    try Self.expectTruth(study)
    await study.simulator.stop()
  }

  @Test("killed at moments chosen by a seed, the next run has every row", .timeLimit(.minutes(30)), arguments: flows, Seeds.chosen(usual: 3))
  func killed(_ flow: String, _ seed: UInt64) async throws {
    let study = try await Study(participants: 3, days: 2, flow: flow) { configuration in
      configuration.seed = seed
      configuration.rotatesGoogleTokens = true
      configuration.refreshGraceSeconds = 1_000_000_000
    }
    let quick = try study.editedFlow(as: "flow.yaml", Self.quick)
    let dice = SeededRandomSource(seed: seed)
    let path = flow.hasPrefix("google") ? "exportExerciseTcx" : ".tcx"
    var rules = ["kill before http.send \(path) \(1 + dice.next() % 6)", "kill after http.send \(path) \(1 + dice.next() % 6)"]
    rules += ["kill before sql.statement * \(1 + dice.next() % 600)", "kill before sql.committed * \(1 + dice.next() % 40)", "kill after http.send * \(1 + dice.next() % 60)"]
    var kills = 0
    for rule in rules {
      let result = try await study.flowrun(["run"], flow: quick, ["-q"], environment: ["FLOWRUN_INTERFERENCE": rule])
      #expect([0, 9].contains(result.exit), "\(rule): exit \(result.exit)\n\(result.errors)")
      kills += result.exit == 9 ? 1 : 0
      try study.simulator.advance(by: .seconds(9 * 3600))
    }
    #expect(kills > 0)
    let last = try await study.flowrun(["run"], flow: quick, ["-q"])
    #expect(last.exit == 0, "\(last.errors)")
    try Self.expectTruth(study, "seed \(seed), killed \(kills) times by \(rules)")
    await study.simulator.stop()
  }

  @Test("tracks are collected once the consent covers places", .timeLimit(.minutes(5)), arguments: flows)
  func laterConsent(_ flow: String) async throws {
    let study = try await Study(participants: 2, days: 3, flow: flow) { $0.faults = [Fault(.scope(.location), share: 1)] }
    let (first, report) = try await study.run()
    #expect(first.exit == 0, "\(first.errors)")
    #expect((report["rows"] as? [String: [String: Int]])?["fitbit_activity_track"]?["inserted"] ?? 0 == 0)
    try Self.expectTruth(study, "without places")
    try await study.restart()
    try study.simulator.advance(by: .seconds(9 * 3600))
    let (second, after) = try await study.run()
    #expect(second.exit == 0, "\(second.errors)")
    #expect((after["rows"] as? [String: [String: Int]])?["fitbit_activity_track"]?["inserted"] ?? 0 > 0)
    try Self.expectTruth(study, "with places")
    await study.simulator.stop()
  }

  @Test("coverage names every data type of the flow and finds nothing missing", .timeLimit(.minutes(5)), arguments: flows)
  func coverage(_ flow: String) async throws {
    let study = try await Study(participants: 2, days: 3, flow: flow)
    #expect(try await study.run().result.exit == 0)
    let coverage = try await study.flowrun(["coverage"], ["--format", "json"])
    #expect(coverage.exit == 0, "\(coverage.errors)")
    for dataType in ["intraday-heart-rate", "activities", "activity-tracks", "activity-positions", "weight", "body-fat", "daily-vo2max", "intraday-hrv", "sleep-stages"] {
      #expect(coverage.output.contains("\"\(dataType)\""), "\(dataType)")
    }
    await study.simulator.stop()
  }
}

extension TableRow.Value {
  fileprivate var rounded: String { if case .real(let value) = self { String(format: "%.9f", value) } else { description } }
}
