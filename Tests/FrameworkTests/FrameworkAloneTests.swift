import FlowCore
import FlowDefinition
import FlowEngine
import FlowFileSystem
import FlowProcessors
import FlowTesting
import Foundation
import Testing

/// This target depends on the framework alone: no participant, provider or database is linked into it.
@Suite("A flow without a study needs only the framework")
struct FrameworkAloneTests {
  private static let flow = """
    flow: sorting
    parameters:
      folder: { help: Where the files go. }
    processors:
      - name: make numbers
        type: GenerateFlowFile
        properties: { count: 10, content: a line, attributes: { index: "${index}" } }
        to: { success: sort }
      - name: sort
        type: RouteOnAttribute
        properties:
          rules: { low: "${index:lt(4)}" }
        to: { low: keep, unmatched: drop }
      - name: keep
        type: PutFile
        properties: { folder: "#{folder}", name: "${index}.txt" }
        to: { success: drop }
    """

  private static func graph(_ text: String, folder: String) throws -> FlowGraph {
    let loader = FlowLoader(
      processors: ProcessorCatalog(FrameworkProcessors.all), services: [], compiler: { CompiledExpressions(parameters: $0) })
    return try loader.load(bytes: Array(text.utf8), file: "sorting.yaml", given: ["folder": ParameterValue(text: folder)]).get()
  }

  private static func environment() -> RuntimeEnvironment {
    RuntimeEnvironment(
      time: DispatchTimeSource(), random: SystemRandomSource(), fileSystem: POSIXFileSystem(), transport: ScriptedTransport(answers: []),
      json: NoRecordExtractor(), executor: DispatchExecutor(), lane: { DispatchLane(label: $0) }, run: "run", flowSHA256: "")
  }

  @Test("matching FlowFiles are in the folder, the rest is dropped, all are accounted for", .timeLimit(.minutes(5)))
  func sorting() async throws {
    let folder = try TemporaryFolder()
    let graph = try Self.graph(Self.flow, folder: folder.path)
    let environment = Self.environment()
    let errors = MemoryErrorSink()
    let flow = Flow(graph: graph, processors: try graph.makeProcessors(environment), environment: environment, errors: errors)
    let result = await flow.run()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["0.txt", "1.txt", "2.txt", "3.txt"])
    #expect(try String(contentsOfFile: folder.path("3.txt"), encoding: .utf8) == "a line")
    #expect(result.flowfiles.finished == 10 && result.flowfiles.isBalanced)
    #expect(result.stopped == nil && errors.entries.isEmpty)
  }

  @Test("a study's processor is unknown to it")
  func unknownProcessor() throws {
    let text = Self.flow.replacing("type: PutFile", with: "type: WriteRecords")
    #expect { try Self.graph(text, folder: "out") } throws: { error in
      (error as? Diagnostics)?.all.contains { $0.description.contains("unknown processor type 'WriteRecords'") || $0.description.contains("'WriteRecords'") } ?? false
    }
  }
}
