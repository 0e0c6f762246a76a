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

  @Test("a null may be a word")
  func null() async throws {
    #expect(try await Self.run("$", "[null]", ["null_value_representation": "the_string_null"])["split"].map(\.text) == ["null"])
  }

  @Test("nothing, no list and no JSON fail", arguments: [("/rows", #"{"other":[]}"#), ("/rows", #"{"rows":{"a":1}}"#), ("/rows", #"{"rows":"[1]"}"#), ("/", "[1"), ("/", ""), ("/", #"[1,{"b":}]"#), ("/", #"[{"a":1,,}]"#), ("/rows", "[1]"), ("$.a.rows", #"{"a":7}"#),
  ])
  func failing(_ path: String, _ content: String) async throws {
    let outcome = try await Self.run(path, content)
    #expect(outcome["failure"].first?.failure?.cause == .badData && outcome.created.isEmpty)
  }

  @Test("of JSONPath's notation, what a path cannot express is a problem", arguments: ["$..a", "$.a[?(@.b)]", "$.a[1:2]", "$.a[-1]", "$.a['x','y']", "$.length()", "$.", "$x", "a"])
  func paths(_ path: String) {
    #expect(ProcessorProblems.found(SplitJSON.self, ["json_path_expression": .text(path)]).count == 1)
  }
}
