import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("LogAttribute")
struct LogAttributeTests {
  private static func run(_ properties: [String: PropertyLiteral]) async throws -> (outcome: ProcessorTest.Outcome, flowFile: FlowFile) {
    let test = try ProcessorTest(LogAttribute.self, properties, compiler: CompiledExpressions(parameters: []))
    let flowFile = test.flowFile(["participant": "P1", "slice.start": "s", "slice.end": "e"], text: "content")
    return (await test.run([flowFile]), flowFile)
  }

  @Test("logs one line with every attribute and the FlowFile's id, and passes the FlowFile on unchanged")
  func all() async throws {
    let (outcome, flowFile) = try await Self.run(["message": "seen ${participant}"])
    let shown = ["participant": "P1", "slice.start": "s", "slice.end": "e", "uuid": flowFile.id.text]
    #expect(outcome.log == [LogLine("seen P1", shown)])
    let passed = try #require(outcome["success"].first)
    #expect(passed.attributes == flowFile.attributes && passed.content == flowFile.content && passed.id == flowFile.id)
  }

  @Test("logs only the selected attributes")
  func some() async throws {
    let (outcome, flowFile) = try await Self.run(["attributes": ["slice.*"]])
    #expect(outcome.log == [LogLine("FlowFile", ["slice.start": "s", "slice.end": "e", "uuid": flowFile.id.text])])
  }

  @Test("ignores attributes")
  func ignored() async throws {
    let (outcome, flowFile) = try await Self.run(["attributes_to_ignore": ["slice.*"]])
    #expect(outcome.log == [LogLine("FlowFile", ["participant": "P1", "uuid": flowFile.id.text])])
  }

  @Test("a message that cannot be evaluated fails the FlowFile and logs nothing")
  func failure() async throws {
    let (outcome, _) = try await Self.run(["message": "${participant:toDate('yyyy')}"])
    #expect(outcome.failure?.cause == .expression && outcome.log.isEmpty && outcome.untaken.count == 1)
  }
}
