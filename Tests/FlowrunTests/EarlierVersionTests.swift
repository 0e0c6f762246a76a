import FlowSimulator
import Foundation
import Testing

/// The fixtures were left by the program of an earlier version (8aa6709): a run whose provider answered most requests with HTML, so that
/// there are rows, provisional and deferred slices, error entries with and without content, tokens, and a history.
@Suite("The state of an earlier version is adopted")
struct EarlierVersionTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/EarlierVersion")

  private static func study(_ flow: String) async throws -> Study {
    try await Study(participants: 4, days: 1, flow: flow, takingOver: fixtures.appending(path: flow))
  }

  @Test("database, batch, error folder and history: the next run has everything, and clears the entries", .timeLimit(.minutes(5)), arguments: ["fitbit", "google-health"])
  func run(_ flow: String) async throws {
    let study = try await Self.study(flow)
    #expect(try study.files(below: "errors").count { $0.hasSuffix("flowfile.json") } >= 3)
    let (result, report) = try await study.run()
    #expect(result.exit == 0, "\(result.errors)")
    #expect(report.number("participants", "complete") == 4)
    try await study.expectEverything("after \(flow) was taken over")
    await study.simulator.stop()
  }

  /// The flow files as that version shipped them, byte for byte: entries name their flow by its hash.
  private static func earlierFlow(_ flow: String) -> String {
    fixtures.deletingLastPathComponent().appending(path: "EarlierFlows/\(flow).yaml").path()
  }

  @Test("an entry of the earlier version is replayed with the flow file of that version", .timeLimit(.minutes(5)), arguments: ["fitbit", "google-health"])
  func replay(_ flow: String) async throws {
    let study = try await Self.study(flow)
    let result = try await study.flowrun(["replay"], flow: Self.earlierFlow(flow))
    #expect(result.exit == 0, "\(result.errors)")
    #expect(try study.files(below: "errors").filter { $0.hasSuffix("flowfile.json") } == [])
    await study.simulator.stop()
  }

  @Test("the flow file of this version replays it too, if told that the flow has changed", .timeLimit(.minutes(5)), arguments: ["fitbit", "google-health"])
  func replayWithNewFlow(_ flow: String) async throws {
    let study = try await Self.study(flow)
    let refused = try await study.flowrun(["replay"])
    #expect(refused.exit == 65 && refused.errors.contains("--allow-flow-change"), "\(refused.errors)")
    let result = try await study.flowrun(["replay"], ["--allow-flow-change"])
    #expect(result.exit == 0, "\(result.errors)")
    #expect(try study.files(below: "errors").filter { $0.hasSuffix("flowfile.json") } == [])
    await study.simulator.stop()
  }

  @Test("a study goes on with the flow file of the earlier version, day by day, and then with that of this one", .timeLimit(.minutes(5)), arguments: ["fitbit", "google-health"])
  func goesOn(_ flow: String) async throws {
    let study = try await Self.study(flow)
    let (result, _) = try await study.run()
    #expect(result.exit == 0, "\(result.errors)")
    try study.simulator.advance(by: .seconds(30 * 3600))
    let earlier = try await study.flowrun(["run"], flow: Self.earlierFlow(flow))
    #expect(earlier.exit == 0, "\(earlier.errors)")
    try await study.expectEverything("after \(flow) of the earlier version")
    try study.simulator.advance(by: .seconds(30 * 3600))
    #expect(try await study.run().result.exit == 0)
    try await study.expectEverything("after \(flow) of this version")
    await study.simulator.stop()
  }

  @Test("its history is shown", arguments: ["fitbit", "google-health"])
  func history(_ flow: String) async throws {
    let study = try await Self.study(flow)
    let result = try await study.binary.run(["runs", "--format", "json"])
    #expect(result.exit == 0, "\(result.errors)")
    let runs = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
    #expect(runs.count == 1 && runs.first?["exit"] as? Int == 75)
    await study.simulator.stop()
  }
}
