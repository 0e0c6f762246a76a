import FlowSimulator
import Foundation
import Testing

@Suite("Error folder and replay")
struct ReplayTests {
  /// Retries that do not keep a test waiting.
  static func quick(_ text: String) -> String {
    text.replacingOccurrences(of: "backoff: 1s", with: "backoff: 10ms").replacingOccurrences(of: "max_backoff: 1m", with: "max_backoff: 20ms")
  }

  @Test("what failed lies in the error folder; replay commits it and clears it; replaying twice equals once", .timeLimit(.minutes(5)))
  func replay() async throws {
    let study = try await Study(participants: 5, days: 1) { $0.faults = [] }
    let flow = try study.editedFlow(Self.quick)
    #expect(try await study.flowrun(["run"], flow: flow, ["--only", "P0001"]).exit == 0)
    try await study.restart { $0.faults = [Fault(.status(500), share: 1)] }
    // Tokens are asked for at another endpoint than data: only those who have one get as far as the data.
    let failed = try await study.flowrun(["run"], flow: flow, ["--format", "json"])
    #expect(failed.exit == 75 || failed.exit == 69, "\(failed.errors)")

    try await study.restart()
    let rerun = try await study.flowrun(["run"], flow: flow, ["--format", "json"])
    #expect(rerun.exit == 0, "\(rerun.errors)")
    #expect(try rerun.json().number("errors", "count") == 0, "a run that writes a slice clears its entry")
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }

  @Test("a mapping that does not fit fails for good; after the flow is mended, replay brings the data in", .timeLimit(.minutes(5)))
  func mendedMapping() async throws {
    let study = try await Study(participants: 3, days: 1)
    let broken = try study.editedFlow(as: "broken.yaml") { Self.quick($0).replacingOccurrences(of: "from: caloriesBMR", with: "from: caloriesBMR, required: true, maximum: 1") }
    let first = try await study.flowrun(["run"], flow: broken, ["--format", "json"])
    #expect(first.exit == 65, "\(first.errors)")
    let count = try #require(try first.json().number("errors", "count"))
    #expect(count > 0)

    let list = try await study.binary.run(["errors", "list", "--format", "json"])
    let entries = try #require(try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
    #expect(entries.count == count)
    #expect(entries.allSatisfy { $0["cause"] as? String == "bad_data" && $0["retryable"] as? Bool == false })
    #expect(entries.allSatisfy { ($0["message"] as? String)?.contains("/summary/caloriesBMR") == true })

    let mended = try study.editedFlow(as: "mended.yaml", Self.quick)
    let refused = try await study.flowrun(["replay"], flow: mended)
    #expect(refused.errors.contains("--allow-flow-change"))
    let replayed = try await study.flowrun(["replay"], flow: mended, ["--allow-flow-change", "--format", "json"])
    #expect(replayed.exit == 0, "\(replayed.errors)\n\(replayed.output)")
    #expect(try replayed.json().number("errors", "count") == 0)
    try study.collected().expectEqual(to: study.truth)

    let again = try await study.flowrun(["replay"], flow: mended, ["--allow-flow-change", "--format", "json"])
    #expect(try again.json().number("flowfiles", "created") == 0)
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }
}
