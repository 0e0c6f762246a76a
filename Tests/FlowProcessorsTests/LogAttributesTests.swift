import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("LogAttributes")
struct LogAttributesTests {
  private struct Line: Equatable {
    var message: String
    var shown: [String: String]
  }

  private static func run(_ properties: [String: PropertyLiteral]) async throws -> (outcome: ProcessorTest.Outcome, lines: [Line], flowFile: FlowFile) {
    let lines = Locked<[Line]>([])
    var environment = RuntimeEnvironment.undriven()
    environment.log = { message, shown in lines.withLock { $0.append(Line(message: message, shown: shown)) } }
    let test = try ProcessorTest(LogAttributes.self, properties, compiler: CompiledExpressions(parameters: []), environment: environment)
    let flowFile = test.flowFile(["participant": "P1", "slice.start": "s", "slice.end": "e"], text: "content")
    return (await test.run([flowFile]), lines.withLock { $0 }, flowFile)
  }

  @Test("one line with every attribute and the FlowFile's id, and the FlowFile goes on unchanged")
  func all() async throws {
    let (outcome, lines, flowFile) = try await Self.run(["message": "seen ${participant}"])
    let shown = ["participant": "P1", "slice.start": "s", "slice.end": "e", "uuid": flowFile.id.text]
    #expect(lines == [Line(message: "seen P1", shown: shown)])
    let passed = try #require(outcome["success"].first)
    #expect(passed.attributes == flowFile.attributes && passed.content == flowFile.content && passed.id == flowFile.id)
  }

  @Test("only the attributes that are asked for")
  func some() async throws {
    let (_, lines, flowFile) = try await Self.run(["attributes": ["slice.*"]])
    #expect(lines == [Line(message: "FlowFile", shown: ["slice.start": "s", "slice.end": "e", "uuid": flowFile.id.text])])
  }
}
