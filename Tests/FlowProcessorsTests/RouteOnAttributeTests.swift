import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("RouteOnAttribute")
struct RouteOnAttributeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var strategy: String
    var age: String
    /// The number of FlowFiles by relationship.
    var sent: [String: Int]
    var testDescription: String { "\(strategy), age \(age)" }
  }

  private static let rules: PropertyLiteral = ["old": "${age:gt(90)}", "even": "${age:mod(2):equals(0)}"]

  private static func bench(_ strategy: String) throws -> ProcessorTest {
    try ProcessorTest(
      RouteOnAttribute.self, ["rules": rules, "strategy": .text(strategy)], compiler: CompiledExpressions(parameters: []))
  }

  @Test("routes by its rules, with a clone for each additional match", arguments: [
    Case(strategy: "each", age: "92", sent: ["old": 1, "even": 1]), Case(strategy: "each", age: "91", sent: ["old": 1]),
    Case(strategy: "each", age: "7", sent: ["unmatched": 1]), Case(strategy: "any", age: "8", sent: ["matched": 1]),
    Case(strategy: "any", age: "7", sent: ["unmatched": 1]), Case(strategy: "all", age: "92", sent: ["matched": 1]),
    Case(strategy: "all", age: "91", sent: ["unmatched": 1]),
  ])
  func routes(_ item: Case) async throws {
    let test = try Self.bench(item.strategy)
    let outcome = await test.run([test.flowFile(["age": item.age], text: "content")])
    #expect(outcome.sent.mapValues(\.count) == item.sent)
    for (relationship, flowFiles) in outcome.sent {
      for flowFile in flowFiles {
        #expect(flowFile["RouteOnAttribute.Route"] == relationship)
        #expect(flowFile.content == .bytes(Array("content".utf8)))
      }
    }
    #expect(outcome.created.count == item.sent.values.reduce(0, +) - 1)
  }

  @Test("a rule is true only for the boolean true, as in NiFi", arguments: [
    ("${filename:startsWith('NiFi')}", true), ("${fileSize:gt(3)}", true), ("${fileSize:gt(1024)}", false), ("${flag}", true), ("true", true), ("${filename}", false),
    ("yes", false), ("1", false), ("", false), ("${none:isEmpty():not()}", false), ("${filename:contains('F'):and(${flag})}", true),
  ])
  func truth(_ rule: String, _ isTrue: Bool) async throws {
    let test = try ProcessorTest(RouteOnAttribute.self, ["rules": ["rule": .text(rule)]], compiler: CompiledExpressions(parameters: []))
    let outcome = await test.run([test.flowFile(["filename": "NiFi.txt", "flag": "TRUE"], text: "content")])
    #expect(outcome.sent.mapValues(\.count) == [isTrue ? "rule" : "unmatched": 1])
  }

  @Test("the first matching rule gets the FlowFile itself, the others a child")
  func clones() async throws {
    let test = try Self.bench("each")
    let flowFile = test.flowFile(["age": "92"])
    let outcome = await test.run([flowFile])
    let ids = outcome.sent.values.flatMap { $0 }.map(\.id)
    #expect(ids.count == 2 && Set(ids).count == 2 && ids.contains(flowFile.id))
    #expect(outcome.created.first?.flowFile.ancestors == [flowFile.id])
  }
}
