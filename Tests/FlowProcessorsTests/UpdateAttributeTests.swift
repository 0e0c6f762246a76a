import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("UpdateAttribute")
struct UpdateAttributeTests {
  private static func run(_ properties: [String: PropertyLiteral], _ attributes: Attributes) async throws -> ProcessorTest.Outcome {
    let test = try ProcessorTest(UpdateAttribute.self, properties, compiler: CompiledExpressions(parameters: []))
    return await test.run([test.flowFile(attributes, text: "content")])
  }

  @Test("every expression sees the attributes as they came in")
  func swap() async throws {
    let outcome = try await Self.run(["set": ["a": "${b}", "b": "${a}", "c": "${a:append('!')}"]], ["a": "1", "b": "2"])
    let updated = try #require(outcome["success"].first)
    #expect([updated["a"], updated["b"], updated["c"]] == ["2", "1", "1!"])
    #expect(updated.content == .bytes(Array("content".utf8)))
  }

  @Test("an attribute both deleted and set is set; patterns delete only matches")
  func delete() async throws {
    let outcome = try await Self.run(["set": ["a.x": "new"], "delete": ["a.*", "?"]], ["a.x": "old", "a.y": "1", "b": "2", "bb": "3"])
    let updated = try #require(outcome["success"].first)
    #expect([updated["a.x"], updated["a.y"], updated["b"], updated["bb"]] == ["new", nil, nil, "3"])
  }

  @Test("attributes whose whole names match the expression are deleted, even if they are set; new ones are not")
  func deleteByExpression() async throws {
    let outcome = try await Self.run(
      ["attributes": ["a.x": "new", "a.new": "1"], "delete_attributes_expression": "${prefix}\\..*|b"], ["a.x": "old", "a.y": "1", "b": "2", "bb": "3", "axb": "4", "prefix": "a"])
    let updated = try #require(outcome["success"].first)
    #expect(updated.attributes.dictionary == ["a.new": "1", "bb": "3", "axb": "4", "prefix": "a"])
    #expect(ProcessorProblems.found(UpdateAttribute.self, ["delete_attributes_expression": "("]).count == 1)
  }

  @Test("'attributes' may have its former name, but not both")
  func formerName() throws {
    #expect(ProcessorProblems.found(UpdateAttribute.self, ["set": ["a": "b"]]).isEmpty)
    let both = ProcessorProblems.found(UpdateAttribute.self, ["set": ["a": "b"], "attributes": ["c": "d"]])
    #expect(both.count == 1 && both[0].contains("'set' is the former name of 'attributes', which is also given"), "\(both)")
  }

  @Test("an expression that cannot be evaluated changes nothing")
  func failure() async throws {
    let outcome = try await Self.run(["set": ["a": "${a:toDate('yyyy')}"]], ["a": "not a year"])
    #expect(outcome.failure?.cause == .expression)
    #expect(outcome.sent.isEmpty && outcome.untaken.count == 1)
  }
}
