import FlowSimulator
import FlowTesting
import Foundation
import Testing

@Suite("Signals in the middle of a run")
struct SignalTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var signals: [BuiltBinary.Signal]
    var exit: Int32
  }

  @Test("what was done is saved, the report is true, and the next run has everything", .timeLimit(.minutes(2)), arguments: [
    Case(testDescription: "one SIGTERM", signals: [.init(number: SIGTERM, after: .milliseconds(700))], exit: 143),
    Case(testDescription: "one SIGINT", signals: [.init(number: SIGINT, after: .milliseconds(500))], exit: 130),
    Case(
      testDescription: "two SIGINT",
      signals: [.init(number: SIGINT, after: .milliseconds(600)), .init(number: SIGINT, after: .milliseconds(700))], exit: 130),
    Case(
      testDescription: "SIGTERM, then SIGINT at once",
      signals: [.init(number: SIGTERM, after: .milliseconds(800)), .init(number: SIGINT, after: .milliseconds(805))], exit: 143),
    Case(
      testDescription: "while the first tokens are asked for",
      signals: [.init(number: SIGINT, after: .milliseconds(250)), .init(number: SIGINT, after: .milliseconds(300))], exit: 130),
  ])
  func signals(_ signals: Case) async throws {
    let study = try await Study(participants: 6, days: 3) { $0.faults = [Fault(.slow(milliseconds: 200), share: 1)] }
    let result = try await study.flowrun(["run"], ["--format", "json"], signals: signals.signals)
    #expect(result.exit == signals.exit, "\(result.errors)\(result.output)")
    let report = try result.json()
    #expect(report["status"] as? String == "partial", "\(result.output)")
    let flowfiles = try #require(report["flowfiles"] as? [String: Int])
    let ended = ["finished", "removed", "deferred", "in_errors", "abandoned"].reduce(0) { $0 + (flowfiles[$1] ?? 0) }
    #expect(flowfiles["created"] == ended, "\(flowfiles)")
    if signals.signals.count == 1 { #expect(flowfiles["abandoned"] == 0, "only a second signal abandons") }
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
