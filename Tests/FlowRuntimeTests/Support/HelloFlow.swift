import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime
import FlowTesting

/// A run that writes five files, with an action in the middle of it: all FlowFiles exist, and none has a file yet.
struct HelloFlow: Sendable {
  let folder: TemporaryFolder
  let run: Run
  private let action: Locked<(@Sendable () -> Void)?>

  /// - Parameter time: nil for the machine's clock.
  init(time: (any TimeSource)? = nil, name: String = "${uuid}.txt", _ change: (inout Machine) -> Void = { _ in }) throws {
    let folder = try TemporaryFolder()
    let action = Locked<(@Sendable () -> Void)?>(nil)
    let files = GuardedFileSystem(
      POSIXFileSystem(),
      before: { _, path in
        guard path.contains("/out/") else { return }
        action.withLock { action in
          defer { action = nil }
          return action
        }?()
      })
    var machine = Machine.here(files)
    if let time { machine.time = time }
    change(&machine)
    let text = """
      flow: hello
      processors:
        - name: begin
          type: GenerateFlowFile
          properties: { count: 5, attributes: { n: "\(name)", index: "${index}" } }
          to: { success: keep }
        - name: keep
          type: PutFile
          properties: { folder: \(folder.path("out")), name: "${n}-${index}" }
          to: { success: drop, failure: errors }
      """
    let graph = try FlowCatalog.loader(on: machine).load(bytes: Array(text.utf8), file: "hello.yaml").get()
    run = Run(RunRequest(graph: graph, errors: folder.path("errors"), state: folder.path("state")), on: machine)
    self.folder = folder
    self.action = action
  }

  func atFirstFile(_ action: @escaping @Sendable () -> Void) { self.action.withLock { $0 = action } }

  var files: [String] { get throws { try POSIXFileSystem().names(in: folder.path("out")).sorted() } }
}
