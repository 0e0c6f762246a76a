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

  @Test("an entry written by the earlier version is replayed", .timeLimit(.minutes(5)), arguments: ["fitbit", "google-health"])
  func replay(_ flow: String) async throws {
    let study = try await Self.study(flow)
    let result = try await study.flowrun(["replay"])
    #expect(result.exit == 0, "\(result.errors)")
    #expect(try study.files(below: "errors").filter { $0.hasSuffix("flowfile.json") } == [])
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
