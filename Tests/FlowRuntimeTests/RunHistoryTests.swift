import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime
import FlowTesting
import StudyModel
import Testing

@Suite("The history of runs as values")
struct RunHistoryTests {
  private static let flow = """
    flow: hello
    processors:
      - name: begin
        type: GenerateFlowFile
        properties: { count: 3 }
        to: { success: drop }
    """

  private func run(_ id: String, _ folder: TemporaryFolder) async throws {
    let graph = try FlowCatalog.loader(on: .here()).load(bytes: Array(Self.flow.utf8), file: "hello.yaml", given: [:]).get()
    _ = try await Run(RunRequest(graph: graph, errors: folder.path("errors"), state: folder.path("state")), on: .running(graph), id: id).run()
  }

  @Test("runs are listed, reported by a prefix or as the last one, and pruned")
  func history() async throws {
    let folder = try TemporaryFolder()
    try await run("20260101T000000Z-0001", folder)
    try await run("20260102T000000Z-0002", folder)
    let history = RunRecords(folder: folder.path("state"), on: .here())
    #expect(try await history.runs(limit: 10).map(\.run).sorted() == ["20260101T000000Z-0001", "20260102T000000Z-0002"])
    #expect(try await history.report(of: "20260101").flowfiles.created == 3)
    #expect(try await history.report().run == "20260102T000000Z-0002")
    #expect(try await history.prune(olderThan: .seconds(3600)) == 0)
  }

  @Test("a missing run and an ambiguous prefix are usage errors", arguments: ["2026010", "nothing"])
  func mistakes(name: String) async throws {
    let folder = try TemporaryFolder()
    let absent = RunRecords(folder: folder.path("state"), on: .here())
    await #expect(throws: Diagnostics.self) { try await absent.runs(limit: 1) }
    try await run("20260101T000000Z-0001", folder)
    try await run("20260102T000000Z-0002", folder)
    await #expect(throws: Diagnostics.self) { try await RunRecords(folder: folder.path("state"), on: .here()).report(of: name) }
  }

  @Test("reading creates no folder")
  func looks() async throws {
    let folder = try TemporaryFolder()
    await #expect(throws: Diagnostics.self) { try await RunRecords(folder: folder.path("state"), on: .here()).report() }
    #expect(try POSIXFileSystem().status(folder.path("state")) == nil)
  }
}
