import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime
import FlowTesting
import Foundation
import StudyWeb

/// A server's runs over a flow whose FlowFiles cannot be written: they wait an hour for a retry, or go to the error folder.
struct DeskBench: Sendable {
  let folder: TemporaryFolder
  let desk: ServerRunDesk
  let served: ServedFlow
  let source: FlowSource

  init(waits: Bool = true, schedule: String? = nil, source: String? = nil) throws {
    folder = try TemporaryFolder()
    let files = POSIXFileSystem()
    try files.replaceDurably(folder.path("file"), with: [], temporary: folder.path("temporary"))
    let text = """
      flow: waiting
      \(schedule.map { "schedule: \($0)" } ?? "")
      parameters:
        folder: { default: \(folder.path("file/out")) }
        from: { default: "" }
        key: { default: "", sensitive: true }
      processors:
        - name: begin
          type: GenerateFlowFile
          properties: { count: 3 }
          \(source.map { "schedule: \($0)" } ?? "")
          to: { success: keep }
        - name: keep
          type: PutFile
          properties: { folder: "#{folder}", name: "${uuid}#{from}.txt" }
          \(waits ? "retry: { attempts: 2, backoff: 1h, max_backoff: 1h, on: [failure] }" : "")
          to: { success: drop, failure: errors }
      """
    try files.replaceDurably(folder.path("waiting.yaml"), with: Array(text.utf8), temporary: folder.path("temporary"))
    self.source = try FlowSource(folder.path("waiting.yaml"), given: [:], fileSystem: files)
    served = ServedFlow(
      graph: try self.source.graph().get(), file: self.source.file, errors: folder.path("errors"), state: folder.path("state"), hint: CommandHint())
    desk = ServerRunDesk(flows: [DeskFlow(served: served, source: self.source)], fileSystem: files)
  }

  /// What a run of another process with the same state folder is to this one.
  func foreignRun() throws -> Run {
    let graph = try source.graph().get()
    return Run(RunRequest(graph: graph, errors: served.errors, state: served.state), on: .running(graph))
  }

  func refusal(_ body: () async throws -> Void) async -> RunRefusal? {
    do {
      try await body()
      return nil
    } catch {
      return error as? RunRefusal
    }
  }

  /// The last update of a run; nil if it is not under way.
  func end(of run: String) async -> LiveUpdate? {
    var last: LiveUpdate?
    if let updates = await desk.updates(of: run) { for await update in updates { last = update } }
    return last
  }
}

/// A server's runs of a shipped flow, whose provider nobody can reach, with one participant.
struct ShippedBench: Sendable {
  let graph: FlowGraph
  private let folder: TemporaryFolder
  private let desk: ServerRunDesk

  init(_ name: String) throws {
    let folder = try TemporaryFolder(), files = POSIXFileSystem()
    self.folder = folder
    try files.makeFolder(folder.path("batch"))
    let participant = #"{"participant": "P0001", "refresh_token": "R", "previous_sync": "2026-01-05T00:00:00Z", "zone": "UTC"}"#
    try files.replaceDurably(folder.path("batch/P0001.json"), with: Array(participant.utf8), temporary: folder.path("temporary"))
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let given = ["api": "http://127.0.0.1:9", "client_id": "study", "participants": folder.path("batch"), "database": folder.path("study.sqlite")]
    let source = try FlowSource(
      root.appending(path: "Flows/\(name).yaml").path(), given: given.mapValues { ParameterValue(text: $0) }, fileSystem: files)
    graph = try source.graph().get()
    let served = ServedFlow(graph: graph, file: source.file, errors: folder.path("errors"), state: folder.path("state"), hint: CommandHint())
    desk = ServerRunDesk(flows: [DeskFlow(served: served, source: source)], fileSystem: files)
  }

  /// nil if the run has begun.
  func refusal(_ order: RunOrder) async -> RunRefusal? {
    do throws(RunRefusal) {
      _ = try await desk.start(order)
      return nil
    } catch {
      return error
    }
  }
}
