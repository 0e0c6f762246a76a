import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("An error that concerns the whole client stops the run immediately")
struct ClientTroubleTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var says: String
    var change: @Sendable (inout SimulatorConfiguration) -> Void
  }

  @Test(
    "a batch of 200 costs a handful of requests and ends with 69 and one message; mended, nothing is lost", .timeLimit(.minutes(5)),
    arguments: [
      Case(testDescription: "invalid_client", says: "check client_id and client_secret") { $0.client = .init(id: "other", secret: nil) },
      Case(testDescription: "410 gone", says: "has been switched off") { $0.faults = [Fault(.status(410), share: 1)] },
    ], ShippedFlow.allCases)
  func handful(_ trouble: Case, _ shipped: ShippedFlow) async throws {
    let study = try await Study(participants: 200, days: 1, flow: shipped.rawValue)
    try await study.restart(trouble.change)
    let result = try await study.flowrun()
    #expect(result.exit == 69, "\(result.errors)\(result.output)")
    #expect(study.simulator.statistics.totalRequests <= 10, "\(study.simulator.statistics)")
    let messages = result.errors.split(separator: "\n").filter { $0.contains(trouble.says) }
    #expect(messages.count == 1, "\(result.errors)")
    #expect(try study.files(below: "errors").filter { $0 != ".check" } == [], "nobody is to blame")

    try await study.restart()
    let (last, _) = try await study.run(["--only", "P000*"])
    #expect(last.exit == 0, "\(last.errors)")
    #expect(try study.deadTokens() == [])
    await study.simulator.stop()
  }
}
