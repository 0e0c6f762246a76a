import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("ExtractText")
struct ExtractTextTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var attributes: PropertyLiteral
    var more: [String: PropertyLiteral] = [:]
    var content: String
    /// What is set; empty: unmatched.
    var found: [String: String]
    var testDescription: String { "\(attributes) on \(content.debugDescription)" }
  }

  private static func run(_ item: Case) async throws -> ProcessorTest.Outcome {
    let test = try ProcessorTest(
      ExtractText.self, item.more.merging(["attributes": item.attributes]) { $1 }, compiler: CompiledExpressions(parameters: []))
    return await test.run([test.flowFile(["kept": "1"], text: item.content)])
  }

  @Test("sets an attribute for each group, and the first one also under the plain name", arguments: [
    Case(attributes: ["regex": "abc(def)?(g)"], content: "abcdefg", found: ["regex": "def", "regex.0": "abcdefg", "regex.1": "def", "regex.2": "g"]),
    Case(attributes: ["regex": "abc(def)?(g)"], content: "abcg", found: ["regex.0": "abcg", "regex.2": "g"]),
    Case(attributes: ["regex": "b+"], content: "abbc", found: ["regex.0": "bb"]), Case(attributes: ["a": "x", "b": "(y)"], content: "y", found: ["b": "y", "b.0": "y", "b.1": "y"]),
    Case(attributes: ["a": "(x)"], content: "y", found: [:]),
    Case(attributes: ["a": "(b)"], more: ["include_capture_group_0": "false"], content: "ab", found: ["a": "b", "a.1": "b"]),
    Case(attributes: ["a": "(\\d+)"], content: "1 22 333", found: ["a": "1", "a.0": "1", "a.1": "1"]),
    Case(
      attributes: ["a": "(\\d)(\\w)"], more: ["enable_repeating_capture_group": "true"], content: "1a 2b",
      found: ["a": "1", "a.0": "1a", "a.1": "1", "a.2": "a", "a.3": "2", "a.4": "b"]),
    Case(attributes: ["a": "(.+)"], more: ["maximum_capture_group_length": "2"], content: "12345", found: ["a": "12", "a.0": "12", "a.1": "12"]),
    Case(attributes: ["a": "(b)"], more: ["maximum_buffer_size": "3 B"], content: "aaab", found: [:]),
  ])
  func groups(_ item: Case) async throws { try await check(item) }

  @Test("named groups give the names", arguments: [
    Case(
      attributes: ["regex": "abc(?<NAMED>def)?(?<TWO>g)"], more: ["enable_named_group_support": "true"], content: "abcdefg",
      found: ["regex": "abcdefg", "regex.NAMED": "def", "regex.TWO": "g"]),
    Case(
      attributes: ["r": "(?<d>\\d)"], more: ["enable_named_group_support": "true", "enable_repeating_capture_group": "true"], content: "123",
      found: ["r": "1", "r.d": "1", "r.d.1": "2", "r.d.2": "3"]),
  ])
  func named(_ item: Case) async throws { try await check(item) }

  @Test("the flags are those of the pattern", arguments: [
    Case(attributes: ["a": "(ABC)"], more: ["enable_case_insensitive_matching": "true"], content: "abc", found: ["a": "abc", "a.0": "abc", "a.1": "abc"]),
    Case(attributes: ["a": "(a.c)"], more: ["enable_dotall_mode": "true"], content: "a\nc", found: ["a": "a\nc", "a.0": "a\nc", "a.1": "a\nc"]),
    Case(attributes: ["a": "^(c)$"], more: ["enable_multiline_mode": "true"], content: "a\nc", found: ["a": "c", "a.0": "c", "a.1": "c"]),
    Case(attributes: ["a": "(c) # comment"], more: ["permit_whitespace_and_comments_in_pattern": "true"], content: "c", found: ["a": "c", "a.0": "c", "a.1": "c"]),
    Case(attributes: ["a": "a.(c)"], more: ["enable_literal_parsing_of_the_pattern": "true"], content: "a.(c)", found: ["a.0": "a.(c)"]),
    Case(attributes: ["a": "x\\Ey"], more: ["enable_literal_parsing_of_the_pattern": "true"], content: "x\\Ey", found: ["a.0": "x\\Ey"]),
  ])
  func flags(_ item: Case) async throws { try await check(item) }

  private func check(_ item: Case) async throws {
    let outcome = try await Self.run(item)
    #expect(outcome.error == nil)
    let sent = try #require(outcome[item.found.isEmpty ? "unmatched" : "matched"].first)
    #expect(sent.attributes.dictionary == item.found.merging(["kept": "1"]) { $1 } && sent.text == item.content)
  }

  @Test("contradictions are problems of the flow file", arguments: [
    (["attributes": ["a": "("]], "'a': it is not a regular expression"),
    (["attributes": ["a": "b"], "include_capture_group_0": "false"], "'a': no group"),
    (["attributes": ["a": "(?<n>b)(c)"], "enable_named_group_support": "true"], "1 of 2 groups are named"),
  ] as [([String: PropertyLiteral], String)])
  func declaration(_ properties: [String: PropertyLiteral], _ expected: String) {
    let problems = ProcessorProblems.found(ExtractText.self, properties)
    #expect(problems.count == 1 && problems[0].contains(expected), "\(problems)")
  }
}
