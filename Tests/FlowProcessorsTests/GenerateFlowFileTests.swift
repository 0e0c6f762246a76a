import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("GenerateFlowFile")
struct GenerateFlowFileTests {
  @Test("creates the configured number in portions, then is exhausted", arguments: [1, 99, 100, 101, 250])
  func count(_ count: Int) async throws {
    let test = try ProcessorTest(
      GenerateFlowFile.self, ["count": "\(count)", "content": "text", "attributes": ["name": "P${index:plus(1)}"]],
      compiler: CompiledExpressions(parameters: []))
    var made: [FlowFile] = []
    var portions: [Int] = []
    var isExhausted = false
    while !isExhausted, portions.count < 10 {
      let outcome = await test.run()
      made += outcome["success"]
      portions.append(outcome["success"].count)
      isExhausted = outcome.isExhausted
    }
    #expect(made.compactMap { $0["index"] } == (0..<count).map(String.init))
    #expect(made.first?["name"] == "P1" && made.first?.content == .bytes(Array("text".utf8)))
    #expect(portions.allSatisfy { $0 <= 100 } && portions.count == (count + 99) / 100)
  }

  @Test("a count below one is rejected at load")
  func none() {
    #expect(throws: Diagnostics.self) { try ProcessorTest(GenerateFlowFile.self, ["count": "0"]) }
  }
}
