import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("Signals in the middle of a run")
struct SignalTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// For `FLOWRUN_INTERFERENCE`.
    var rule: String
    /// Of the signal that came first; of two at once it may be either.
    var exits: Set<Int32>
    var mayAbandon = true
  }

  @Test("finished work is saved, the report is true, and the next run has everything", .timeLimit(.minutes(5)), arguments: [
    Case(testDescription: "one SIGTERM", rule: "signal 15 http.send DATA 5", exits: [143], mayAbandon: false),
    Case(testDescription: "one SIGINT", rule: "signal 2 sql.commit * 5", exits: [130], mayAbandon: false),
    Case(testDescription: "two SIGINT", rule: "signal 2 http.send DATA 3;signal 2 http.send DATA 12", exits: [130]),
    Case(testDescription: "SIGTERM and SIGINT at once", rule: "signal 15 http.send DATA 9;signal 2 http.send DATA 9", exits: [130, 143]),
    Case(testDescription: "two while tokens are asked for", rule: "signal 2 http.send /oauth2/token 2;signal 2 http.send /oauth2/token 4", exits: [130]),
    Case(testDescription: "two while a token is stored", rule: "signal 2 file.write participants/ 8;signal 2 file.rename participants/ 3", exits: [130]),
  ], ShippedFlow.allCases)
  func signals(_ signals: Case, _ shipped: ShippedFlow) async throws {
    let study = try await Study(participants: 6, days: 2, flow: shipped.rawValue) { $0.faults = [Fault(.slow(milliseconds: 50), share: 1)] }
    let result = try await study.flowrun(["run"], ["--format", "json"], environment: ["FLOWRUN_INTERFERENCE": signals.rule.replacingOccurrences(of: "DATA", with: shipped.dataPath)])
    #expect(signals.exits.contains(result.exit), "\(result.errors)\(result.output)")
    let report = try result.json()
    #expect(report["status"] as? String == "partial", "\(result.output)")
    let flowfiles = try #require(report["flowfiles"] as? [String: Int])
    let ended = ["finished", "removed", "deferred", "in_errors", "abandoned"].reduce(0) { $0 + (flowfiles[$1] ?? 0) }
    #expect(flowfiles["created"] == ended, "\(flowfiles)")
    if !signals.mayAbandon { #expect(flowfiles["abandoned"] == 0, "only a second signal abandons") }
    let participants = try #require(report["participants"] as? [String: Int])
    #expect(participants["total"] == participants.filter { $0.key != "total" }.values.reduce(0, +), "\(participants)")
    try await study.expectNothingWrong("")
    try await study.restart()
    let (last, _) = try await study.run()
    #expect(last.exit == 0, "\(last.errors)")
    try await study.expectEverything("")
    await study.simulator.stop()
  }
}
