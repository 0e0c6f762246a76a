import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime
import FlowSimulator
import FlowTesting
import Foundation
import GRDB
import StudyModel
import StudyParticipants
import StudyWeb

/// A small study that was collected once, for all tests that only read it.
final class CollectedBatch: Sendable {
  static let shared = Task { try await CollectedBatch() }

  let folder: TemporaryFolder
  let served: ServedFlow
  let report: RunReport
  /// Tokens and the client's secret: no answer may hold one.
  let secrets: [String]

  private struct InProcess: HTTPTransport {
    let simulator: Simulator
    func send(_ request: HTTPRequest) async throws -> HTTPResponse { try await simulator.answer(request) }
  }

  /// Its database, read beside servers: the last connection of one that ends at this moment has the file for itself.
  func database() throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(30)
    return try DatabaseQueue(path: folder.path("study.sqlite"), configuration: configuration)
  }

  /// One of its own, for a test that changes something.
  init() async throws {
    folder = try TemporaryFolder()
    var configuration = SimulatorConfiguration()
    configuration.participants = 6
    configuration.days = 2
    configuration.rateLimit = 1_000_000
    configuration.limiterClock = { 0 }
    configuration.faults = [try Fault(parsing: "scope=heartrate:0.2")]
    let simulator = try Simulator(configuration)
    let root = SourceRoot.path
    let file = root + "/Flows/fitbit.yaml"
    let secret = "a-client-secret-that-nobody-may-see"
    let parameters = [
      "api": "http://provider.test", "client_id": "study", "client_secret": secret, "participants": folder.path("participants"),
      "database": folder.path("study.sqlite"), "detail": "1min",
    ]
    let graph = try FlowCatalog.loader(on: .here()).load(
      bytes: try POSIXFileSystem().read(file), file: "Flows/fitbit.yaml", given: parameters.mapValues { ParameterValue(text: $0, isFromFile: true) }).get()
    try simulator.writeParticipants(to: folder.path("participants"), markedAsSimulator: false)
    let before = try Self.tokens(in: folder.path("participants"))
    var machine = Machine.here(POSIXFileSystem(), transport: InProcess(simulator: simulator))
    machine.variable = { _ in nil }
    report = try await Run(RunRequest(graph: graph, errors: folder.path("errors"), state: folder.path("state")), on: machine).run()
    secrets = Array(Set(before + (try Self.tokens(in: folder.path("participants"))) + [secret]))
    served = ServedFlow(graph: graph, file: "Flows/fitbit.yaml", errors: folder.path("errors"), state: folder.path("state"), hint: CommandHint())
  }

  private static func tokens(in folder: String) throws -> [String] {
    try POSIXFileSystem().names(in: folder).filter { $0.hasSuffix(".json") }.flatMap { name in
      let object = try JSONSerialization.jsonObject(with: Data(try POSIXFileSystem().read(folder + "/" + name)))
      return Self.texts(object).filter { $0.utf8.count >= 24 && !$0.contains(":") && !$0.contains("/") }
    }
  }

  private static func texts(_ value: Any) -> [String] {
    switch value {
    case let text as String: [text]
    case let list as [Any]: list.flatMap(texts)
    case let object as [String: Any]: object.filter { $0.key.contains("token") }.values.flatMap(texts)
    default: []
    }
  }
}

/// Where the repository is.
enum SourceRoot {
  static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .path(percentEncoded: false).trimmingSuffix("/")
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String { hasSuffix(suffix) ? String(dropLast(suffix.count)) : self }
}
