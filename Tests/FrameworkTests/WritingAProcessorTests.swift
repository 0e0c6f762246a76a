import FlowCore
import FlowDefinition
import FlowEngine
import FlowProcessors
import FlowTesting
import Foundation
import Testing

/// Compiles, tests and runs the example of the page, which is the text of `CountFlowFiles.swift`.
@Suite("The example of the page 'Writing a processor'")
struct WritingAProcessorTests {
  private static func source(_ path: String) throws -> String {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return try String(contentsOf: repository.appending(path: path), encoding: .utf8)
  }

  @Test("matches the page")
  func page() throws {
    let page = try Self.source("Sources/FlowCore/FlowCore.docc/WritingAProcessor.md")
    let example = try Self.source("Tests/FrameworkTests/CountFlowFiles.swift")
    #expect(page.contains("```swift\n\(example)```"), "copy CountFlowFiles.swift into the page")
  }

  @Test("works as documented")
  func counts() async throws {
    let test = try ProcessorTest(CountFlowFiles.self, ["when": "${age:gt(90)}"], compiler: CompiledExpressions(parameters: []))
    let outcome = await test.run([test.flowFile(["age": "91"])])
    #expect(outcome["success"].count == 1 && outcome.counters == ["counted": 1])
    #expect(await test.run([test.flowFile(["age": "90"])]).counters.isEmpty)
  }

  @Test("meets the requirements on every processor")
  func conformance() async throws {
    var example = ProcessorExample(CountFlowFiles.self, ["when": "${age:gt(90)}"])
    example.compiler = CompiledExpressions(parameters: [])
    example.inputs = [(attributes: ["age": "91"], content: .empty), (attributes: [:], content: .bytes([1]))]
    #expect(try await ProcessorConformance(example).breaches() == [])
  }

  @Test("runs in a flow once it is in the catalogue")
  func runs() throws {
    let text = """
      flow: counting
      processors:
        - { name: make, type: GenerateFlowFile, properties: { count: 10, attributes: { index: "${index}" } }, to: { success: count } }
        - { name: count, type: CountFlowFiles, properties: { when: "${index:lt(4)}" }, to: { success: drop } }
      """
    let catalog = ProcessorCatalog(FrameworkProcessors.all + [CountFlowFiles.self])
    let graph = try FlowLoader(processors: catalog, services: [], compiler: { CompiledExpressions(parameters: $0) })
      .load(bytes: Array(text.utf8), file: "counting.yaml").get()
    let executor = ManualExecutor()
    let environment = RuntimeEnvironment.testing(executor: executor)
    let flow = Flow(graph: graph, processors: try graph.makeProcessors(environment), environment: environment, errors: MemoryErrorSink())
    let result = try executor.run { await flow.run() }
    #expect(result.flowfiles.finished == 10 && result.flowfiles.isBalanced && result.processors.first { $0.name == "count" }?.counters == ["counted": 4])
  }
}
