import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime
import FlowTesting

/// A flow whose three FlowFiles wait an hour for a retry, because the folder that they are written to cannot be made.
struct WaitingFlow: Sendable {
  let folder: TemporaryFolder
  let state: String

  /// - Parameter state: name of the state folder.
  init(state: String = "state") throws {
    folder = try TemporaryFolder()
    self.state = folder.path(state)
    try POSIXFileSystem().replaceDurably(folder.path("file"), with: [], temporary: folder.path("temporary"))
  }

  /// - Parameter joins: whether a processor takes clones of the three and holds them, because those that wait may come to it, too.
  func run(joins: Bool = false, _ change: (inout Machine) -> Void = { _ in }) throws -> Run {
    let join = "  - { name: join, type: MergeContent, properties: { minimum_number_of_entries: 10 }, to: { merged: drop, original: drop, failure: errors } }"
    let text = """
      flow: waiting
      processors:
        - name: begin
          type: GenerateFlowFile
          properties: { count: 3 }
          to: { success: \(joins ? "[keep, join]" : "keep") }
        - name: keep
          type: PutFile
          properties: { folder: \(folder.path("file/out")), name: "${uuid}.txt" }
          retry: { attempts: 2, backoff: 1h, max_backoff: 1h, on: [failure] }
          to: { success: \(joins ? "join" : "drop"), failure: errors }
      \(joins ? join : "")
      """
    let graph = try FlowCatalog.loader(on: .here()).load(bytes: Array(text.utf8), file: "waiting.yaml").get()
    var machine = Machine.running(graph)
    change(&machine)
    return Run(RunRequest(graph: graph, errors: folder.path("errors"), state: state), on: machine)
  }
}

extension LiveUpdate {
  /// All three FlowFiles wait.
  var isWaiting: Bool { processors.contains { $0.name == "keep" && $0.penalised == 3 && $0.active == 0 } }
}
