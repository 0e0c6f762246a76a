import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("A run against the wrong server costs no consent")
struct WrongServerTests {
  /// The study's command against another address.
  private func run(_ study: Study, at url: String, _ command: [String] = ["run"], _ more: [String] = []) async throws -> BuiltBinary.Result {
    let parameters = study.parameters.map { $0.hasPrefix("api=") ? "api=\(url)" : $0 }
    return try await study.binary.run(command + [study.flow == "fitbit" ? BuiltBinary.flow("fitbit") : study.flow] + more + parameters)
  }

  /// A provider that knows none of the study's people.
  private func stranger() async throws -> (simulator: Simulator, url: String) {
    var configuration = SimulatorConfiguration()
    configuration.seed = 4711
    configuration.participants = 1
    configuration.days = 1
    let simulator = try Simulator(configuration)
    return (simulator, try await simulator.start())
  }

  private func states(_ study: Study, at url: String) async throws -> [String] {
    let result = try await run(study, at: url, ["tokens"], ["--format", "json"])
    let rows = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]] ?? []
    return rows.compactMap { $0["state"] as? String }
  }

  @Test("a batch that is refused as a whole stops the run with 69, and no participant is marked", .timeLimit(.minutes(5)), arguments: [false, true])
  func batch(hasLiveAccessTokens: Bool) async throws {
    let study = try await Study(participants: 8, days: 1)
    if hasLiveAccessTokens { #expect(try await study.run().result.exit == 0) }
    let (stranger, url) = try await stranger()
    let wrong = try await run(study, at: url)
    #expect(wrong.exit == 69, "\(wrong.errors)\(wrong.output)")
    #expect(wrong.errors.contains("\(url)/oauth2/token for client study"), "\(wrong.errors)")
    for server in [url, study.url] {
      let states = try await states(study, at: server)
      #expect(states == Array(repeating: "live", count: 8), "\(states)")
    }
    let (right, _) = try await study.run()
    #expect(right.exit == 0, "\(right.errors)")
    try await study.expectEverything("")
    await stranger.stop()
    await study.simulator.stop()
  }

  @Test("a single participant is marked for that server only; retry makes the next run send the token there once more", .timeLimit(.minutes(5)))
  func single() async throws {
    let study = try await Study(participants: 1, days: 1)
    let (stranger, url) = try await stranger()
    func asked() -> Int { stranger.statistics.requests["token"] ?? 0 }
    #expect(try await run(study, at: url).exit == 65)
    #expect(try await run(study, at: url).exit == 65)
    #expect(asked() == 1)
    #expect(try await states(study, at: url) == ["needs_consent"])
    #expect(try await states(study, at: study.url) == ["live"])
    let listed = try await run(study, at: study.url, ["tokens"])
    #expect(listed.output.contains("refused at \(url)/oauth2/token for client study"), "\(listed.output)")

    let nobody = try await run(study, at: url, ["tokens", "retry"], ["p0001"])
    #expect(nobody.exit == 64)
    #expect(nobody.errors.contains("P0001"), "\(nobody.errors)")
    let retried = try await run(study, at: url, ["tokens", "retry"], ["P*"])
    #expect(retried.exit == 0, "\(retried.errors)")
    #expect(retried.output == "P0001: the next run tries its refresh token once more at \(url)/oauth2/token for client study\n")
    #expect(try await run(study, at: url, ["tokens", "retry"], ["P*"]).output.contains("was not refused"))
    #expect(try await run(study, at: url).exit == 65)
    #expect(asked() == 2)

    let (right, report) = try await study.run()
    #expect(right.exit == 0, "\(right.errors)")
    #expect(report.number("participants", "complete") == 1)
    await stranger.stop()
    await study.simulator.stop()
  }
}
