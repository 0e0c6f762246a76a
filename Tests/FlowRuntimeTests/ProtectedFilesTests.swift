import FlowCore
import FlowDefinition
import FlowEngine
import FlowFileSystem
import FlowRuntime
import FlowTesting
import StudyModel
import Testing

/// A run's own files are closed to its processors of files: tokens, state, entries, databases and storages, by whatever path.
@Suite("A run protects the files that it rests on")
struct ProtectedFilesTests {
  private let folder: TemporaryFolder
  private let files = POSIXFileSystem()

  init() throws {
    folder = try TemporaryFolder()
    try files.makeFolder(folder.path("people"))
  }

  /// - Parameters:
  ///   - properties: with FOLDER for the folder's path.
  ///   - place: a folder and a name, which the FlowFile has as attributes.
  private func run(_ type: String, _ properties: String, place: (folder: String, name: String) = ("x", "x")) throws -> Run {
    let isSource = type == "GetFile" || type == "ListFile"
    let begin = [
      "  - name: begin", "    type: GenerateFlowFile",
      "    properties: { count: 1, attributes: { folder: \"\(place.folder)\", name: \"\(place.name)\" }, content: text }", "    to: { success: reach }",
    ]
    let routes = type == "FetchFile" ? "failure: errors, not.found: drop, permission.denied: drop" : "failure: errors"
    let text = """
      flow: taking
      services:
        study: { type: Database, path: FOLDER/study.sqlite }
        fitbit: { type: FitbitWebAPI, base_url: "http://127.0.0.1:9", client_id: study, participants: FOLDER/people }
        raw: { type: RawStorage, url: FOLDER/raw }
        objects: { type: ObjectStorage, url: FOLDER/objects }
        nothing: { type: ObjectStorage, url: "" }
      processors:
      \(isSource ? "" : begin.joined(separator: "\n"))
        - name: reach
          type: \(type)
          properties: { \(properties) }
          to: { success: drop\(isSource ? "" : ", " + routes) }
      """
    let machine = Machine.here(files)
    let bytes = Array(text.replacing("FOLDER", with: folder.path).utf8)
    let graph = try FlowCatalog.loader(on: machine).load(bytes: bytes, file: "taking.yaml").get()
    return Run(RunRequest(graph: graph, errors: folder.path("errors"), state: folder.path("state")), on: machine)
  }

  @Test(
    "whatever a FlowFile asks for",
    arguments: ["study.sqlite", "study.sqlite-wal", "people/P1.json", "state/listed/x", "errors/taking/x", "raw/provider=x/a", "objects/a.parquet"],
    ["FetchFile", "PutFile"])
  func refused(_ name: String, _ type: String) async throws {
    let path = folder.path(name), slash = try #require(path.lastIndex(of: "/"))
    let run = try run(
      type, type == "FetchFile" ? #"file_to_fetch: "${folder}/${name}""# : #"folder: "${folder}", name: "${name}""#,
      place: (String(path[..<slash]), String(path[path.index(after: slash)...])))
    let report = try await run.run()
    #expect(report.flowfiles.inErrors == 1 && report.exit == 65)
    let bulletins = (run.flowResult?.bulletins ?? []).flatMap(\.details)
    #expect(bulletins.contains { $0.contains("'\(path)' belongs to the") && $0.contains("expected") }, "\(bulletins)")
    #expect(try name == "study.sqlite" || name == "study.sqlite-wal" || files.status(path) == nil)
  }

  @Test("what the flow's own text names is refused before anything starts, with the processor, the property and what to do", arguments: [
    ("PutFile", "folder: FOLDER/state/out", "the state folder", "--state"),
    ("PutFile", "folder: FOLDER/no/further/../../state", "the state folder", "--state"),
    ("PutFile", "folder: FOLDER/errors", "the error folder", "--errors"),
    ("PutFile", "folder: FOLDER, name: study.sqlite-wal", "the database", "a folder of the flow's own"),
    ("FetchFile", "file_to_fetch: FOLDER/raw/a", "the folder of raw responses", "a folder of the flow's own"),
    (
      "FetchFile", "file_to_fetch: FOLDER/in/a, completion_strategy: move_file, move_destination_directory: FOLDER/objects/a",
      "the folder of the object storage", "a folder of the flow's own"
    ),
    ("GetFile", "input_directory: FOLDER/people/in", "the participants folder", "a folder of the flow's own"),
    ("ListFile", "input_directory: FOLDER/state", "the state folder", "--state"),
  ])
  func named(_ type: String, _ properties: String, _ owner: String, _ remedy: String) async throws {
    let run = try run(type, properties)
    let problems = try await #require(throws: Diagnostics.self) { _ = try await run.run() }
    #expect(problems.all.map(\.code.id) == ["E0510"] && RunVerdict.exitCode(of: problems) == .misconfigured)
    for words in ["taking.yaml:", "\(type) 'reach'", "property '", "belongs to \(owner)", "expected a folder outside of it", remedy] {
      #expect(problems.description.contains(words), "\(problems)")
    }
    #expect(try files.names(in: folder.path) == ["people"])
  }

  @Test("a folder beside them is the flow's own")
  func accepted() async throws {
    let report = try await run("PutFile", "folder: FOLDER/people-out, name: study.sqlite").run()
    #expect(report.flowfiles.finished == 1 && report.exit != 1)
    #expect(try files.read(folder.path("people-out/study.sqlite")) == Array("text".utf8))
  }
}
