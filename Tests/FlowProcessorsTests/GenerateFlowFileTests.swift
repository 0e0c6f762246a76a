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
      GenerateFlowFile.self, ["count": "\(count)", "content": "text", "attributes": ["name": "P${index:plus(1)}", "number": "${index}"]],
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
    #expect(made.compactMap { $0["number"] } == (0..<count).map(String.init) && made.allSatisfy { $0["index"] == nil })
    #expect(made.first?["name"] == "P1" && made.first?.content == .bytes(Array("text".utf8)))
    #expect(portions.allSatisfy { $0 <= 100 } && portions.count == (count + 99) / 100)
  }

  @Test("a FlowFile has NiFi's core attributes, unless it is given others")
  func core() async throws {
    let test = try ProcessorTest(
      GenerateFlowFile.self, ["count": "2", "content": "${filename} ${day}", "attributes": ["day": "1", "path": "a/"]], compiler: CompiledExpressions(parameters: []))
    let made = await test.run()["success"]
    #expect(made.map(\.attributes) == made.map { ["filename": $0.id.text, "path": "a/", "day": "1"] } && made.map(\.text) == made.map { "\($0.id.text) 1" })
    let plain = try ProcessorTest(GenerateFlowFile.self, [:], compiler: CompiledExpressions(parameters: []))
    #expect(await plain.run()["success"].first?["path"] == "./")
  }

  @Test("the content is evaluated, or made up in the given size", arguments: [
    (["content": "<${index}>"], ["<0>", "<1>"], nil), (["file_size": "0 B"], ["", ""], nil), (["content": "x", "file_size": "9 B"], ["x", "x"], nil),
  ] as [([String: PropertyLiteral], [String], Int?)])
  func content(_ properties: [String: PropertyLiteral], _ contents: [String], _ size: Int?) async throws {
    let test = try ProcessorTest(GenerateFlowFile.self, properties.merging(["count": "2"]) { $1 }, compiler: CompiledExpressions(parameters: []))
    #expect(await test.run()["success"].map(\.text) == contents)
  }

  @Test("generated contents have their size, are text or not, and are one or many", arguments: ["text", "binary"], ["true", "false"])
  func generated(_ format: String, _ isUnique: String) async throws {
    let test = try ProcessorTest(
      GenerateFlowFile.self, ["count": "3", "file_size": "1003 B", "data_format": .text(format), "unique_flowfiles": .text(isUnique), "mime_type": "x/y"],
      compiler: CompiledExpressions(parameters: []))
    let made = await test.run()["success"]
    let contents = made.map(\.content.fileBytes)
    #expect(contents.map(\.count) == [1003, 1003, 1003] && Set(contents).count == (isUnique == "true" ? 3 : 1))
    #expect(contents.joined().allSatisfy { (0x20..<0x7F).contains($0) } == (format == "text") && made.allSatisfy { $0["mime.type"] == "x/y" })
  }

  @Test("a trigger makes as many as `batch_size` says")
  func batch() async throws {
    let test = try ProcessorTest(GenerateFlowFile.self, ["count": "5", "batch_size": "2"], compiler: CompiledExpressions(parameters: []))
    #expect(await test.runAll().map { $0["success"].count } == [2, 2, 1])
  }

  @Test("a count below one is rejected at load")
  func none() {
    #expect(throws: Diagnostics.self) { try ProcessorTest(GenerateFlowFile.self, ["count": "0"]) }
  }
}
