import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime
import FlowTesting
import Foundation
import StudyModel
import StudyParticipants

/// A batch folder in memory beside a shipped flow, on a machine whose provider is a function and whose clock stands still.
struct MemoryBatch {
  static let tokenURL = "http://provider.test/oauth2/token"

  var files = MemoryFileSystem(folders: ["batch", "state", "state/consent"])
  let time = ManualTime(now: Instant(seconds: 1_786_000_000))
  /// One sequence for all machines: two codes are never the same.
  let random = SeededRandomSource(seed: 7)
  let transport: ScriptedTransport
  let graph: FlowGraph
  /// Environment variables of the process.
  var variables: [String: String] = [:]
  /// The store to use instead of the flow's; nil for the flow's own.
  var store: StoreSubstitute.Make = { _, _ in nil }

  init(flow: String = "fitbit", _ answer: @escaping ScriptedTransport.Answer = { _ in throw TransportError(.connection, "nobody is to be asked") }) throws {
    transport = ScriptedTransport(answer)
    graph = try Self.load(flow, [
      "api": "http://provider.test", "client_id": "study", "participants": "batch", "database": "no-such-folder/study.sqlite",
    ])
  }

  static func load(_ flow: String, _ parameters: [String: String]) throws -> FlowGraph {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let bytes = try FlowLoader.read(repository.appending(path: "Flows/\(flow).yaml").path(), fileSystem: POSIXFileSystem())
    return try FlowCatalog.loader(on: .here()).load(bytes: bytes, file: "\(flow).yaml", given: parameters.mapValues { ParameterValue(text: $0) }).get()
  }

  var machine: Machine { machine(files) }

  func machine(_ fileSystem: any FileSystem, time: (any TimeSource)? = nil) -> Machine {
    var machine = Machine(
      time: time ?? self.time, random: random, fileSystem: fileSystem, transport: transport, executor: DispatchExecutor(label: "test"),
      lane: { _ in InlineLane() }, variable: { [variables] in variables[$0] })
    machine.store = store
    return machine
  }

  var batch: ParticipantBatch { get throws { try ParticipantBatch(graph, on: machine) } }

  // MARK: Files

  /// - Parameter more: further members, each with a comma before it.
  func enrol(_ participant: String, token: String = "REFRESH-1", _ more: String = "") {
    files.put("batch/\(participant).json", """
      {"participant": "\(participant)", "refresh_token": "\(token)-\(participant)", "previous_sync": "2026-01-05T00:00:00Z", \
      "enrolled": "2026-01-05T00:00:00Z"\(more)}
      """)
  }

  func file(_ participant: String) throws -> ParticipantFile {
    try ParticipantFile(parsing: files.read("batch/\(participant).json"), participant: participant, path: participant)
  }

  /// What the batch folder holds.
  var participants: [String] { files.paths().filter { $0.hasPrefix("batch/") && $0.hasSuffix(".json") } }

  /// Another run's hold on a participant, for as long as the store lives.
  func hold(_ participant: String) async throws -> ParticipantStore {
    let other = ParticipantStore(
      path: "batch", filter: ParticipantStore.Filter(isSimulated: false, oauthType: "fitbit"), environment: .undriven(fileSystem: files))
    guard try await other.reserve(participant) else { throw Diagnostic(.unknownName, found: "\(participant) is held already") }
    return other
  }
}

extension HTTPResponse {
  static func json(_ status: Int, _ text: String) -> HTTPResponse {
    HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: Array(text.utf8))
  }

  /// A token answer of Fitbit's form, or of one that does not tell the account.
  static func tokens(_ refresh: String, account: String? = nil, scope: String = "activity heartrate profile settings sleep") -> HTTPResponse {
    let user = account.map { ", \"user_id\": \"\($0)\"" } ?? ""
    return .json(
      200, "{\"access_token\": \"ACCESS-2\", \"refresh_token\": \"\(refresh)\", \"expires_in\": 28800, \"scope\": \"\(scope)\", \"token_type\": \"Bearer\"\(user)}")
  }
}
