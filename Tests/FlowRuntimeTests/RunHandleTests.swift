import FlowCore
import FlowDefinition
import FlowEngine
import FlowFileSystem
import FlowRuntime
import FlowTesting
import StudyModel
import Testing

/// The runtime without the command line: a flow in, values out.
@Suite("A run as a value")
struct RunHandleTests {
  private static let flow = """
    flow: hello
    processors:
      - name: begin
        type: GenerateFlowFile
        properties: { count: 5, attributes: { n: "${nextInt()}" } }
        to: { success: keep }
      - name: keep
        type: PutFile
        properties: { folder: FOLDER, name: "${uuid}.txt" }
        to: { success: drop, failure: errors }
    """

  private func run(_ folder: TemporaryFolder) throws -> Run {
    let text = Self.flow.replacing("FOLDER", with: folder.path("out"))
    let graph = try FlowCatalog.loader(on: .here()).load(bytes: Array(text.utf8), file: "hello.yaml", given: [:]).get()
    let request = RunRequest(graph: graph, errors: folder.path("errors"), state: folder.path("state"))
    return Run(request, on: .running(graph))
  }

  @Test("a started run reports its end, its statistics and its result")
  func result() async throws {
    let folder = try TemporaryFolder()
    let run = try run(folder)
    let events = run.events.listen()
    run.start()
    let report = try await run.result
    #expect(report.exit == 0 && report.status == .complete)
    #expect(report.flowfiles.created == 5 && report.flowfiles.isBalanced)
    #expect(run.snapshot?.flowfiles.created == 5)
    var count = 0
    for await delivery in events { if case .trouble = delivery.event { count += 1 } }
    #expect(count == 0)
    #expect(try POSIXFileSystem().names(in: folder.path("out")).count == 5)
  }

  @Test("a listener to FlowFiles receives each creation once and each end once")
  func provenance() async throws {
    let folder = try TemporaryFolder()
    let run = try run(folder)
    let events = run.events.listen(to: [.flowFile], buffer: .max)
    run.start()
    _ = try await run.result
    var made: [FlowFileID] = []
    var ended: [FlowFileID] = []
    for await delivery in events {
      guard case .flowFiles(let steps) = delivery.event else { continue }
      made += steps.filter { $0.kind == .created }.map(\.flowFile.id)
      ended += steps.filter { $0.kind == .ended(.finished) }.map(\.flowFile.id)
    }
    #expect(made.count == 5 && Set(made) == Set(ended) && ended.count == 5)
  }

  @Test("a run that cannot start throws a value")
  func refused() async throws {
    let folder = try TemporaryFolder()
    try POSIXFileSystem().replaceDurably(folder.path("state"), with: [], temporary: folder.path("temporary"))
    let run = try run(folder)
    run.start()
    await #expect(throws: (any Error).self) { try await run.result }
    #expect(run.flowResult == nil)
  }
}
