import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("A fault of one participant affects no other")
struct TroubleTests {
  @Test("what a rate limit delays beyond --timeout is deferred, writes no entry, and is collected by the next run", .timeLimit(.minutes(5)))
  func rateLimit() async throws {
    let study = try await Study(participants: 3, days: 2) { $0.rateLimit = 6 }
    let (first, report) = try await study.run(["--timeout", "4s"])
    #expect(first.exit == 75, "\(first.errors)\n\(first.output)")
    #expect((report.number("participants", "deferred") ?? 0) > 0)
    #expect(report.number("errors", "count") == 0)
    #expect(try study.collected().strings("SELECT DISTINCT state FROM slice").contains("deferred"))
    try study.collected().expectContiguousLedger()

    try await study.restart { $0.rateLimit = 10_000 }
    #expect(try await study.run().result.exit == 0)
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }

  @Test("a withdrawn consent is tried once, never again; the others are collected", .timeLimit(.minutes(5)))
  func needsConsent() async throws {
    let study = try await Study(participants: 6, days: 1) { $0.faults = [Fault(.invalidGrant, share: 0.1)] }
    let (first, report) = try await study.run()
    #expect(first.exit == 65, "\(first.errors)")
    #expect(report.number("participants", "needs_consent") == 1)
    #expect(report.number("participants", "complete") == 5)
    #expect(report.number("errors", "count") == 1)
    try study.collected().expectEqual(to: study.truth)

    let tokenRequests = study.simulator.statistics.requests["token"]
    let (second, again) = try await study.run()
    #expect(second.exit == 65)
    #expect(again.number("errors", "count") == 1, "the entry stands as long as the trouble, and is one")
    #expect(study.simulator.statistics.requests["token"] == tokenRequests)
    await study.simulator.stop()
  }

  @Test("a refused scope disables its data types, once, and the rest is collected", .timeLimit(.minutes(5)))
  func refusedScope() async throws {
    let study = try await Study(participants: 5, days: 2) { $0.faults = [Fault(.scope(.heartrate), share: 0.2)] }
    let (first, report) = try await study.run()
    #expect(first.exit == 65, "\(first.errors)")
    #expect((report.number("errors", "count") ?? 0) >= 1)
    try study.collected().expectEqual(to: study.truth)
    try study.collected().expectContiguousLedger()
    let failed = try study.collected().strings("SELECT DISTINCT data_type FROM slice WHERE state = 'failed' AND cause = 'scope' ORDER BY 1")
    #expect(failed == ["heart-rate-zones", "intraday-heart-rate"])

    let requests = study.simulator.statistics.totalRequests
    let (again, _) = try await study.run()
    #expect(again.exit == 65)
    #expect(study.simulator.statistics.totalRequests - requests <= 4 * 5, "what the scope feeds is not asked again")
    await study.simulator.stop()
  }

  @Test("after a consent is widened, the next run collects the missing data and clears the entry by itself", .timeLimit(.minutes(5)))
  func widenedConsent() async throws {
    let study = try await Study(participants: 4, days: 2) { $0.faults = [Fault(.scope(.heartrate), share: 0.25)] }
    #expect(try await study.run().result.exit == 65)
    try await study.restart()
    let (widened, report) = try await study.run()
    #expect(widened.exit == 0, "\(widened.errors)\n\(widened.output)")
    #expect(report.number("errors", "count") == 0)
    #expect(report.number("participants", "complete") == 4)
    let collected = try study.collected()
    for table in ["fitbit_intraday_hr", "fitbit_intraday_steps", "fitbit_hr_summary"] {
      var expected = 0
      for participant in study.truth.population.participants {
        study.truth.forEachRow(of: participant) { if $0.table == table { expected += 1 } }
      }
      let rows: Int? = try collected.value("SELECT count(*) FROM \(table)")
      #expect(rows == expected, "\(table)")
    }
    #expect(try collected.strings("SELECT 1 FROM slice WHERE state = 'failed'").isEmpty)
    await study.simulator.stop()
  }

  @Test("mixed faults: reruns converge to the complete data", .timeLimit(.minutes(5)))
  func converges() async throws {
    let study = try await Study(participants: 5, days: 2) { configuration in
      configuration.refreshGraceSeconds = 120
      configuration.faults = [
        Fault(.status(500), share: 0.08), Fault(.status(503), share: 0.05), Fault(.html, share: 0.05), Fault(.truncate, share: 0.05),
        Fault(.reset, share: 0.05), Fault(.status(429), share: 0.03),
      ]
    }
    let flow = try study.editedFlow(ReplayTests.quick)
    for _ in 0..<6 {
      let result = try await study.flowrun(["run"], flow: flow)
      #expect(result.exit == 0 || result.exit == 75, "\(result.errors)")
    }
    try await study.restart()
    let last = try await study.flowrun(["run"], flow: flow, ["--format", "json"])
    #expect(last.exit == 0, "\(last.errors)")
    #expect(try last.json().number("errors", "count") == 0)
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }

  @Test("two simultaneous runs on one batch, on a new database: no duplicate, no lost token", .timeLimit(.minutes(5)))
  func twoAtOnce() async throws {
    let study = try await Study(participants: 8, days: 1)
    async let left = study.flowrun()
    async let right = study.flowrun()
    let exits = [try await left.exit, try await right.exit]
    #expect(exits.allSatisfy { $0 == 0 || $0 == 75 }, "\(exits)")
    let (last, _) = try await study.run()
    #expect(last.exit == 0, "\(last.errors)")
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }

  @Test("killed at any moment, the next run has everything", .timeLimit(.minutes(5)), arguments: [30, 150, 400, 700, 1100])
  func killed(milliseconds: Int) async throws {
    let study = try await Study(participants: 6, days: 2) { $0.refreshGraceSeconds = 120 }
    let killed = try await study.flowrun(["run"], ["-q"], signals: [.kill(after: .milliseconds(milliseconds))])
    #expect(killed.exit == 9 || killed.exit == 0)
    let (last, _) = try await study.run()
    #expect(last.exit == 0, "\(last.errors)")
    try study.collected().expectEqual(to: study.truth)
    try study.collected().expectContiguousLedger()
    await study.simulator.stop()
  }
}
