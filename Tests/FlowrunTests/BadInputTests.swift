import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("Bad input gets a clear error, the right exit code, and loses nothing")
struct BadInputTests {
  @Test("a damaged participant file goes to the error folder untouched; the others are collected", .timeLimit(.minutes(5)))
  func damagedFile() async throws {
    let study = try await Study(participants: 3, days: 1)
    try study.binary.write("{\"participant\": \"P0002\", ", to: "participants/P0002.json")
    try study.binary.write("{\"participant\": \"P9\", \"refresh_token\": \"x\", \"previous_sync\": \"2026-03-08T00:00:00Z\"}", to: "participants/other.json")
    try study.binary.write("{}", to: "participants/-x y.json")
    let (result, report) = try await study.run()
    #expect(result.exit == 65, "\(result.errors)")
    #expect(report.number("participants", "complete") == 2)
    #expect(report.number("participants", "failed") == 3)
    #expect(try String(contentsOfFile: study.binary.folder.path("participants/P0002.json"), encoding: .utf8) == "{\"participant\": \"P0002\", ")
    let list = try await study.binary.run(["errors", "list", "--by", "cause"])
    #expect(list.output.contains("bad_participant_file"))
    await study.simulator.stop()
  }

  @Test("a missing participants folder is found before anything starts")
  func missingFolder() async throws {
    let study = try await Study(participants: 1, days: 1)
    try FileManager.default.removeItem(atPath: study.binary.folder.path("participants"))
    let (result, _) = try await study.run()
    #expect(result.exit == 78)
    #expect(result.errors.contains("participants"))
    #expect(!FileManager.default.fileExists(atPath: study.database))
    await study.simulator.stop()
  }

  @Test("a file that is not a database is exit 69 and left unchanged")
  func damagedDatabase() async throws {
    let study = try await Study(participants: 1, days: 1)
    try study.binary.write(String(repeating: "this is no database\n", count: 100), to: "study.sqlite")
    let (result, _) = try await study.run()
    #expect(result.exit == 69, "\(result.errors)")
    #expect(try String(contentsOfFile: study.database, encoding: .utf8).hasPrefix("this is no database"))
    await study.simulator.stop()
  }

  @Test("an error folder that cannot be written is exit 1 before a request is made")
  func unwritableErrors() async throws {
    let study = try await Study(participants: 1, days: 1)
    try study.binary.write("", to: "errors")
    let (result, _) = try await study.run()
    #expect(result.exit == 1, "\(result.errors)")
    #expect(study.simulator.statistics.totalRequests == 0)
    await study.simulator.stop()
  }

  @Test("simulated participants are never sent to a real provider")
  func mixed() async throws {
    let study = try await Study(participants: 2, days: 1)
    let path = study.binary.folder.path("participants/P0001.json")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try study.binary.write(text.replacingOccurrences(of: "{", with: "{\"provider\": \"simulator\","), to: "participants/P0001.json")
    let (result, _) = try await study.run()
    #expect(result.exit == 78, "\(result.errors)")
    #expect(study.simulator.statistics.totalRequests == 0)
    await study.simulator.stop()
  }

  @Test("a provider that answers no request is exit 69, and no token is at risk", .timeLimit(.minutes(5)))
  func providerDown() async throws {
    let study = try await Study(participants: 8, days: 1)
    await study.simulator.stop()
    let (result, _) = try await study.run()
    #expect(result.exit == 69, "\(result.errors)")
    try await study.restart()
    #expect(try await study.run().result.exit == 0)
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }

  @Test("a client that the provider refuses stops the run with one message", .timeLimit(.minutes(5)))
  func wrongClient() async throws {
    let study = try await Study(participants: 8, days: 1) { $0.client = .init(id: "other", secret: nil) }
    let (result, _) = try await study.run()
    #expect(result.exit == 69, "\(result.errors)")
    #expect((study.simulator.statistics.requests["token"] ?? 0) <= 20, "a handful of requests, not one for everybody")
    await study.simulator.stop()
  }

  struct Usage: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var exit: Int32
    var says: String
    var testDescription: String { arguments.joined(separator: " ") }
  }

  @Test(
    "usage and configuration are judged before anything starts",
    arguments: [
      Usage(arguments: [], exit: 64, says: "flow"),
      Usage(arguments: ["nothere.yaml"], exit: 64, says: "nothere.yaml"),
      Usage(arguments: ["run", "FLOW", "-p", "databse=x"], exit: 78, says: "did you mean 'database'?"),
      Usage(arguments: ["run", "FLOW", "-p", "client_secret=x"], exit: 78, says: "@FILE"),
      Usage(arguments: ["run", "FLOW", "-p", "detail=2sec"], exit: 78, says: "1sec"),
      Usage(arguments: ["run", "FLOW", "-p", "api=http://127.0.0.1:1"], exit: 78, says: "client_id"),
      Usage(arguments: ["run", "FLOW", "--timeout", "soon"], exit: 64, says: "30s"),
      Usage(arguments: ["processors", "InvokeEndpont"], exit: 64, says: "did you mean 'InvokeEndpoint'?"),
      Usage(arguments: ["processors", "InvokeEndpont"], exit: 64, says: "Usage: flowrun processors "),
      Usage(arguments: ["runs", "prune", "--older-than", "soon"], exit: 64, says: "See 'flowrun runs prune --help'"),
      Usage(arguments: ["validate", "FLOW"], exit: 0, says: "valid, "),
      Usage(arguments: ["counters"], exit: 64, says: ".flowrun"),
    ])
  func usage(_ usage: Usage) async throws {
    let binary = try BuiltBinary()
    let result = try await binary.run(usage.arguments.map { $0 == "FLOW" ? BuiltBinary.flow("fitbit") : $0 })
    #expect(result.exit == usage.exit, "\(result.errors)")
    #expect(result.errors.contains(usage.says), "\(result.errors)")
  }
}
