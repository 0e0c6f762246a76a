import FlowCore
import FlowDefinition
import FlowEngine
import FlowProcessors
import FlowTesting
import Foundation
import Testing

@Suite("The example of the page on writing a processor")
struct WritingAProcessorTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test("stands in the page as it is compiled here")
  func page() throws {
    let page = try String(contentsOf: Self.root.appending(path: "Sources/FlowCore/FlowCore.docc/WritingAProcessor.md"), encoding: .utf8)
    let example = try String(contentsOf: Self.root.appending(path: "Tests/FrameworkTests/CountFlowFiles.swift"), encoding: .utf8)
    #expect(page.contains("```swift\n" + example + "```"), "the page's example and Tests/FrameworkTests/CountFlowFiles.swift differ")
  }

  @Test("counts what passes, by hand")
  func byHand() async throws {
    let test = try ProcessorTest(CountFlowFiles.self, ["counter": "seen"])
    let outcome = await test.run([test.flowFile(["n": "1"])])
    #expect(outcome["success"].count == 1 && outcome.counters == ["seen": 1])
  }

  @Test("counts what passes, in a flow")
  func inAFlow() throws {
    let flow = """
      flow: counting
      processors:
        - { name: make, type: GenerateFlowFile, properties: { count: 7 }, to: { success: count } }
        - { name: count, type: CountFlowFiles, to: { success: drop } }
      """
    let loader = FlowLoader(
      processors: ProcessorCatalog(FrameworkProcessors.all + [CountFlowFiles.self]), services: [], compiler: { CompiledExpressions(parameters: $0) })
    let graph = try loader.load(bytes: Array(flow.utf8), file: "counting.yaml").get()
    let executor = ManualExecutor()
    let environment = RuntimeEnvironment.testing(executor: executor)
    let flowRun = Flow(graph: graph, processors: try graph.makeProcessors(environment), environment: environment, errors: MemoryErrorSink())
    let result = try executor.run { await flowRun.run() }
    #expect(result.processors.last?.counters == ["counted": 7] && result.flowfiles.isBalanced)
  }
}
