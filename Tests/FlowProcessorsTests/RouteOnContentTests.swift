import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("RouteOnContent")
struct RouteOnContentTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var requirement: String
    var content: String
    var sent: [String]
    var testDescription: String { "\(requirement) on \(content.debugDescription)" }
  }

  private static func run(_ properties: [String: PropertyLiteral], _ content: String) async throws -> ProcessorTest.Outcome {
    let test = try ProcessorTest(RouteOnContent.self, properties, compiler: CompiledExpressions(parameters: []))
    return await test.run([test.flowFile(["device": "a.c"], text: content)])
  }

  @Test("a FlowFile goes to the relationship of every expression that matches", arguments: [
    Case(requirement: "content_must_contain_match", content: "a heliport", sent: ["heliport", "port"]),
    Case(requirement: "content_must_contain_match", content: "an airport", sent: ["port"]),
    Case(requirement: "content_must_contain_match", content: "Heliport", sent: ["port"]), Case(requirement: "content_must_contain_match", content: "", sent: ["unmatched"]),
    Case(requirement: "content_must_match_exactly", content: "heliport", sent: ["heliport"]), Case(requirement: "content_must_match_exactly", content: "heliport\n", sent: ["unmatched"]),
    Case(requirement: "content_must_match_exactly", content: "port", sent: ["port"]),
  ])
  func routes(_ item: Case) async throws {
    let outcome = try await Self.run(["rules": ["heliport": "heliport", "port": "port"], "match_requirement": .text(item.requirement)], item.content)
    #expect(outcome.sent.keys.sorted() == item.sent, "\(outcome.failures)")
    for (relationship, flowFiles) in outcome.sent {
      #expect(flowFiles.count == 1 && flowFiles[0].text == item.content && flowFiles[0]["RouteOnContent.Route"] == relationship)
    }
  }

  @Test("the value of an attribute is literal in an expression", arguments: [("xa.cx", "found"), ("xabcx", "unmatched")])
  func literal(_ content: String, _ relationship: String) async throws {
    let outcome = try await Self.run(["rules": ["found": "x${device}x"]], content)
    #expect(outcome.sent.keys.sorted() == [relationship])
  }

  @Test("what is behind the size is not read")
  func size() async throws {
    let properties: [String: PropertyLiteral] = ["rules": ["found": "c"], "match_requirement": "content_must_contain_match", "content_buffer_size": "2 B"]
    #expect(try await Self.run(properties, "abc").sent.keys.sorted() == ["unmatched"])
    #expect(try await Self.run(properties, "ac").sent.keys.sorted() == ["found"])
  }

  @Test("a rule that gives no regular expression fails; a constant one is a problem of the flow file")
  func wrong() async throws {
    let failed = try await Self.run(["rules": ["found": "${device:prepend('(')}("]], "a")
    #expect(failed["failure"].first?.failure?.message.contains("expected a regular expression") == true)
    #expect(ProcessorProblems.found(RouteOnContent.self, ["rules": ["found": "("]]).count == 1)
  }
}
