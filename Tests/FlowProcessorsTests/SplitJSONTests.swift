import FlowCore
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("SplitJSON")
struct SplitJSONTests {
  private static func run(_ path: String, _ content: String, _ more: [String: PropertyLiteral] = [:]) async throws -> ProcessorTest.Outcome {
    let test = try ProcessorTest(SplitJSON.self, more.merging(["json_path_expression": .text(path)]) { $1 })
    return await test.run([test.flowFile(["a": "b"], text: content)])
  }

  @Test("each element is a FlowFile, with the attributes of fragments", arguments: [
    ("/rows", #"{"rows":[{"id" : 1},[2],"x\n",4,null,true]}"#, [#"{"id" : 1}"#, "[2]", "x\n", "4", "", "true"]), ("$", "[1,2]", ["1", "2"]), ("$.*", "[1,2]", ["1", "2"]),
    ("$.rows[*].id", #"{"rows":[{"id":1},{"id":[2]}]}"#, ["1", "[2]"]), ("$['rows'][0]", #"{"rows":[[7]]}"#, ["7"]), ("/rows", #"{"rows":[]}"#, []),
    ("$.*", #"{"a":1,"b":[1,2]}"#, ["1", "[1,2]"]), ("$.l[*].x", #"{"l":{"p":{"x":5},"q":6}}"#, ["5"]), ("$.o.*", #"{"o":"x"}"#, []),
  ])
  func elements(_ path: String, _ content: String, _ expected: [String]) async throws {
    let outcome = try await Self.run(path, content)
    let parts = outcome["split"]
    #expect(parts.map(\.text) == expected, "\(outcome.failures)")
    #expect(parts.map { $0["fragment.index"] } == expected.indices.map(String.init) && parts.allSatisfy { $0["a"] == "b" })
    let original = try #require(outcome["original"].first)
    #expect(original["fragment.count"] == "\(expected.count)" && original.text == content)
    #expect(parts.allSatisfy { $0["fragment.identifier"] == original["fragment.identifier"] && $0["segment.original.filename"] == original.id.text })
  }

  @Test("a path with a filter, a range, '..' or several names leads to the list of its matches, or to one list", arguments: [
    ("$..id", #"{"id":1,"l":[{"id":"b"},{"id":{"c":2.50}}]}"#, ["1", "b", #"{"c":2.5}"#]), ("$.l[?(@.n > 1)].n", #"{"l":[{"n":1},{"n":2},{"n":3}]}"#, ["2", "3"]),
    ("$.l[1:]", #"{"l":[1,2,3]}"#, ["2", "3"]), ("$.l[-1]", #"{"l":[1,[7,8]]}"#, ["7", "8"]), ("$.l[0,2]", #"{"l":[1,2,3]}"#, ["1", "3"]),
    ("$.l[*]['a','b']", #"{"l":[{"a":1,"c":2},{"b":3}]}"#, [#"{"a":1}"#, #"{"b":3}"#]), ("$.o['a','b'].l", #"{"o":{"a":{"l":1},"b":{"l":2}}}"#, ["1", "2"]),
    ("$.l[?(@.x == 9)]", #"{"l":[{"x":1}]}"#, []), ("$.o.keys()", #"{"o":{"x":1,"y":2}}"#, ["x", "y"]),
  ])
  func queries(_ path: String, _ content: String, _ expected: [String]) async throws {
    let outcome = try await Self.run(path, content)
    #expect(outcome["split"].map(\.text) == expected, "\(outcome.failures)")
  }

  @Test("a null may be a word")
  func null() async throws {
    #expect(try await Self.run("$", "[null]", ["null_value_representation": "the_string_null"])["split"].map(\.text) == ["null"])
  }

  @Test("nothing, no list and no JSON fail", arguments: [("/rows", #"{"other":[]}"#), ("/rows", #"{"rows":{"a":1}}"#), ("/rows", #"{"rows":"[1]"}"#), ("/", "[1"), ("/", ""), ("/", #"[1,{"b":}]"#), ("/", #"[{"a":1,,}]"#), ("/rows", "[1]"), ("$.a.rows", #"{"a":7}"#),
    ("$.o.*", "{}"), ("$.l[1:2]", #"{"l":{}}"#), ("$.l[-1]", #"{"l":[1]}"#), ("$.o['a','b']", #"{"o":{"a":1}}"#), ("$..id", "[1"), ("$.l.length()", #"{"l":[1]}"#),
  ])
  func failing(_ path: String, _ content: String) async throws {
    let outcome = try await Self.run(path, content)
    #expect(outcome["failure"].first?.failure?.cause == .badData && outcome.created.isEmpty)
  }

  @Test("what is no path is a problem", arguments: ["$.", "$x", "a", "/a[b=c]", "$..", "$.a[", "$.a[1", "$.a[?(@.b]", "$.a.nothing()"])
  func paths(_ path: String) {
    let problems = ProcessorProblems.found(SplitJSON.self, ["json_path_expression": .text(path)])
    #expect(problems.count == 1)
    // Whoever writes no '$' is told of both notations.
    if !path.hasPrefix("$") { #expect(problems.first?.contains("/dataPoints/*/zones or $.dataPoints") == true, "\(problems)") }
  }
}
