import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("Backfill: from and until")
struct BackfillTests {
  /// The member of a participant file, byte for byte.
  private static func previousSync(_ study: Study, _ participant: String) throws -> String {
    let text = try String(contentsOfFile: study.binary.folder.path("participants/\(participant).json"), encoding: .utf8)
    return try #require(text.firstMatch(of: #/"previous_sync"\s*:\s*"([^"]*)"/#)).1.description
  }

  @Test("exactly the window is collected, previous_sync is unchanged, the ledger has no gap, and a run without a window collects the rest", .timeLimit(.minutes(5)))
  func window() async throws {
    let study = try await Study(participants: 8, days: 4)
    let names = study.truth.population.participants.map(\.name)
    let before = try names.map { try Self.previousSync(study, $0) }
    // The simulated history begins on 2026-03-08.
    let (result, report) = try await study.run(["-p", "from=2026-03-09", "-p", "until=2026-03-11"])
    #expect(result.exit == 0, "\(result.errors)\n\(result.output)")
    #expect(report.number("participants", "complete") == 8)
    #expect(try names.map { try Self.previousSync(study, $0) } == before)

    let collected = try study.collected()
    for table in ["fitbit_intraday_hr", "fitbit_intraday_steps"] {
      let first: String? = try collected.value("SELECT datetime(min(instant), 'unixepoch') FROM \(table)")
      let last: String? = try collected.value("SELECT datetime(max(instant), 'unixepoch') FROM \(table)")
      #expect(first == "2026-03-09 00:00:00" && last == "2026-03-10 23:59:00")
    }
    for table in ["fitbit_daily_activity", "fitbit_hr_summary"] {
      #expect(try collected.strings("SELECT DISTINCT date FROM \(table) ORDER BY 1") == ["2026-03-09", "2026-03-10"])
    }
    try Self.expectTrue(collected, within: study.truth)
    try collected.expectContiguousLedger()
    let late: Int? = try collected.value("SELECT count(*) FROM (SELECT min(start_instant) AS first FROM slice WHERE data_type LIKE 'intraday%' GROUP BY participant_id, data_type) WHERE first >= 1773014400")
    #expect(late == 0, "the ledger begins with the history, not with the window")
    let outside = try collected.strings(
      "SELECT DISTINCT state FROM slice WHERE data_type = 'intraday-steps' AND (start_instant < 1773014400 OR start_instant >= 1773187200)")
    #expect(outside == ["deferred"])

    let coverage = try await study.coverage()
    for participant in study.truth.population.participants where study.truth.window(of: participant) != nil {
      let steps = try #require(coverage[participant.name]?["intraday-steps"])
      #expect(steps.have + steps.not_worn == 2880 && steps.deferred == steps.wanted - 2880 && steps.never_asked == 0, "\(participant.name)")
      #expect(coverage[participant.name]?["daily-activity"]?.have == 2)
    }

    #expect(try await study.run().result.exit == 0)
    try study.collected().expectEqual(to: study.truth)
    try study.collected().expectContiguousLedger()
    #expect(try names.map { try Self.previousSync(study, $0) } != before)
    await study.simulator.stop()
  }

  /// Every row is true, though not every true row is there.
  private static func expectTrue(_ collected: Collected, within truth: Truth) throws {
    let rows: Int? = try collected.value("SELECT count(*) FROM fitbit_intraday_steps")
    var expected = 0
    for participant in truth.population.participants {
      truth.forEachRow(of: participant) { row in
        if case .steps(let row) = row, (1_773_014_400..<1_773_187_200).contains(row.instant) { expected += 1 }
      }
    }
    #expect(rows == expected)
  }

  @Test("after everything is collected, a backfill makes few requests and changes neither rows nor previous_sync", .timeLimit(.minutes(5)))
  func afterwards() async throws {
    let study = try await Study(participants: 4, days: 3)
    #expect(try await study.run().result.exit == 0)
    let before = try (1...4).map { try Self.previousSync(study, "P000\($0)") }
    let (result, report) = try await study.run(["-p", "from=2026-03-08"])
    #expect(result.exit == 0, "\(result.errors)")
    for rows in try #require(report["rows"] as? [String: [String: Int]]).values { #expect(rows["inserted"] == 0 && rows["updated"] == 0) }
    #expect(try (1...4).map { try Self.previousSync(study, "P000\($0)") } == before)
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    var parameters: [String]
    var says: [String]
    var testDescription: String { parameters.joined(separator: " ") }
  }

  @Test(
    "a window that is none is found before anything starts",
    arguments: [
      Mistake(parameters: ["from=2026-03-11", "until=2026-03-09"], says: ["'until' 2026-03-09 is not after 'from' 2026-03-11", "[from, until)"]),
      Mistake(parameters: ["from=2026-03-09", "until=2026-03-09"], says: ["is not after"]),
      Mistake(parameters: ["from=9.3.2026"], says: ["'9.3.2026'", "expected a date"]),
      Mistake(parameters: ["until=2026-02-30"], says: ["'2026-02-30'", "expected a date"]),
      Mistake(parameters: ["from=2026-03-09T00:00:00Z"], says: ["expected a date"]),
    ])
  func mistakes(_ mistake: Mistake) async throws {
    let study = try await Study(participants: 1, days: 1)
    let arguments = mistake.parameters.flatMap { ["-p", $0] }
    for command in ["run", "coverage"] {
      let result = try await study.flowrun([command], arguments)
      #expect(result.exit == 78, "\(result.errors)")
      for words in mistake.says { #expect(result.errors.contains(words), "\(result.errors)") }
    }
    #expect(!FileManager.default.fileExists(atPath: study.database))
    #expect(!FileManager.default.fileExists(atPath: study.binary.folder.path("errors")))
    #expect(study.simulator.statistics.totalRequests == 0)
    await study.simulator.stop()
  }
}
