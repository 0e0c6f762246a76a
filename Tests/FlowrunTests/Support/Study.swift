import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel

/// A batch on a simulator that runs in the test's own process, collected by the built program.
final class Study: Sendable {
  let binary: BuiltBinary
  private let provider: Locked<(simulator: Simulator, url: String)>
  private let configuration: SimulatorConfiguration
  let store: StudyDatabase
  /// The shipped flow that fits the provider.
  let flow: String

  /// - Parameters:
  ///   - fixture: a folder with all that a study had left, `provider` among it; nil: the study begins.
  ///   - store: where the data go; nil: where `StudyDatabase.make` says.
  init(
    participants: Int = 8, days: Int = 2, flow: String = "fitbit", takingOver fixture: URL? = nil, store: StudyDatabase? = nil,
    _ change: (inout SimulatorConfiguration) -> Void = { _ in }
  ) async throws {
    binary = try BuiltBinary()
    if let store { self.store = store } else { self.store = fixture == nil ? try await StudyDatabase.make() : .file }
    if let fixture { try binary.copy(contentsOf: fixture) }
    self.flow = flow
    var configuration = SimulatorConfiguration()
    if flow.hasPrefix("google-health") { configuration.api = .googleHealth }
    configuration.participants = participants
    configuration.days = days
    configuration.rateLimit = 10_000
    configuration.stateFolder = binary.folder.path("provider")
    change(&configuration)
    self.configuration = configuration
    let simulator = try Simulator(configuration)
    provider = Locked((simulator: simulator, url: try await simulator.start()))
    if fixture == nil { try simulator.writeParticipants(to: binary.folder.path("participants"), markedAsSimulator: false) }
  }

  /// Another provider on the same memory: with other faults, or with none.
  /// - Parameter port: 0 for any free one. What is kept of a provider, such as error entries, is kept by its address.
  func restart(port: Int = 0, _ change: (inout SimulatorConfiguration) -> Void = { $0.faults = [] }) async throws {
    await simulator.stop()
    var configuration = configuration
    change(&configuration)
    let simulator = try Simulator(configuration)
    let url = try await simulator.start(port: port)
    provider.withLock { $0 = (simulator: simulator, url: url) }
  }

  var simulator: Simulator { provider.withLock { $0.simulator } }
  var url: String { provider.withLock { $0.url } }

  var database: String { binary.folder.path("study.sqlite") }
  func collected() throws -> Collected {
    try store.mirror(to: database)
    return try Collected(database)
  }
  var truth: Truth { simulator.truth(detail: .minute) }

  /// Runs a command that takes a flow, with the study's parameters. Minute data, so that a test is quick.
  func flowrun(
    _ command: [String] = ["run"], flow: String? = nil, _ more: [String] = [],
    environment: [String: String] = [:], through launcher: [String] = [], signals: [BuiltBinary.Signal] = [],
    whileRunning: ((BuiltBinary.Running) async throws -> Void)? = nil
  ) async throws -> BuiltBinary.Result {
    try await binary.run(
      command + [flow ?? BuiltBinary.flow(self.flow)] + parameters + more, environment: environment, through: launcher, signals: signals, whileRunning: whileRunning)
  }

  var parameters: [String] {
    let detail = ["nightly", "steps", "warehouse"].contains { flow.hasSuffix($0) } ? [] : ["detail=1min"]
    return (["api=\(url)", "client_id=study", "participants=participants", "database=\(store.parameter)"] + detail).flatMap { ["-p", $0] }
  }

  func run(_ more: [String] = []) async throws -> (result: BuiltBinary.Result, report: [String: Any]) {
    let result = try await flowrun(["run"], more + ["--format", "json"])
    return (result, (try? result.json()) ?? [:])
  }

  /// The shipped flow with other words in it, beside the study.
  func editedFlow(as name: String = "edited.yaml", _ edit: (String) -> String) throws -> String {
    let text = try String(contentsOfFile: BuiltBinary.flow(flow), encoding: .utf8)
    // Models are beside the shipped flow.
    let models = URL(filePath: BuiltBinary.flow(flow)).deletingLastPathComponent().appending(path: "models").path
    try binary.write(edit(text.replacing("models: models,", with: "models: \(models),")), to: name)
    return name
  }
}

extension [String: Any] {
  func number(_ path: String...) -> Int? {
    var value: Any? = self
    for name in path { value = (value as? [String: Any])?[name] }
    return value as? Int
  }
}
