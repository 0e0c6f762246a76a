import FlowCore
import FlowDefinition
import FlowEngine
import FlowFileSystem
import FlowRuntime
import FlowTesting
import StudyModel
import Testing

/// A run's own files are closed to its processors of files: tokens, state, entries and databases, by whatever path.
@Suite("A run protects the files that it rests on")
struct ProtectedFilesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ type: String, _ properties: String) async throws -> (report: RunReport, bulletins: [String]) {
    let text = """
      flow: taking
      services:
        study: { type: Database, path: \(folder.path("study.sqlite")) }
        fitbit: { type: FitbitWebAPI, base_url: "http://127.0.0.1:9", client_id: study, participants: \(folder.path("people")) }
      processors:
        - name: begin
          type: GenerateFlowFile
          properties: { count: 1, attributes: { site: x }, content: text }
          to: { success: reach }
        - name: reach
          type: \(type)
          properties: { \(properties) }
          to: { success: drop, failure: errors\(type == "FetchFile" ? ", not.found: drop, permission.denied: drop" : "") }
      """
    let machine = Machine.here(POSIXFileSystem())
    let graph = try FlowCatalog.loader(on: machine).load(bytes: Array(text.utf8), file: "taking.yaml").get()
    let run = Run(RunRequest(graph: graph, errors: folder.path("errors"), state: folder.path("state")), on: machine)
    let report = try await run.run()
    return (report, (run.flowResult?.bulletins ?? []).flatMap(\.details))
  }

  @Test("whatever a flow asks for", arguments: ["study.sqlite", "study.sqlite-wal", "people/P1.json", "state/listed/x", "errors/taking/x"], ["FetchFile", "PutFile"])
  func refused(_ name: String, _ type: String) async throws {
    let files = POSIXFileSystem()
    try files.makeFolder(folder.path("people"))
    let path = folder.path(name), slash = try #require(path.lastIndex(of: "/"))
    let properties = type == "FetchFile" ? "file_to_fetch: \"\(path)\"" : "folder: \"\(path[..<slash])\", name: \"\(path[path.index(after: slash)...])\""
    let (report, bulletins) = try await run(type, properties)
    #expect(report.flowfiles.inErrors == 1 && report.exit == 65)
    #expect(bulletins.contains { $0.contains("'\(path)' belongs to the") && $0.contains("expected") }, "\(bulletins)")
    #expect(try name == "study.sqlite" || name == "study.sqlite-wal" || files.status(path) == nil)
  }

  @Test("a folder beside them is the flow's own")
  func accepted() async throws {
    try POSIXFileSystem().makeFolder(folder.path("people"))
    let (report, _) = try await run("PutFile", "folder: \(folder.path("people-out")), name: study.sqlite")
    #expect(report.flowfiles.finished == 1 && report.exit != 1)
    #expect(try POSIXFileSystem().read(folder.path("people-out/study.sqlite")) == Array("text".utf8))
  }
}
