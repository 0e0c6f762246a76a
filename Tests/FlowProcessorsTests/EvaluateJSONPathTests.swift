import FlowCore
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("EvaluateJSONPath")
struct EvaluateJSONPathTests {
  private static func evaluated(_ content: String, _ properties: [String: PropertyLiteral] = [:]) async throws -> ProcessorTest.Outcome {
    let test = try ProcessorTest(EvaluateJSONPath.self, (["attributes": ["x": "/a/b"]] as [String: PropertyLiteral]).merging(properties) { $1 })
    return await test.run([test.flowFile(["x": "before"], text: content)])
  }

  @Test(
    "a value becomes an attribute",
    arguments: [
      (#"{"a":{"b":"t\u0065xt"}}"#, "text"), (#"{"a":{"b":1.50}}"#, "1.50"), (#"{"a":{"b":true}}"#, "true"), (#"{"a":{"b":null}}"#, ""), (#"{"a":{}}"#, ""),
      (#"{"a":null}"#, ""), ("{}", ""),
    ])
  func scalars(_ content: String, _ value: String) async throws {
    let outcome = try await Self.evaluated(content)
    #expect(outcome["matched"].first?["x"] == value)
    #expect(outcome["matched"].first?.text == content)
  }

  @Test("a value of another kind on the way is nothing found", arguments: [#"{"a":"deleted"}"#, #"{"a":[]}"#, #"{"a":[{"b":1}]}"#, #"{"a":7}"#, "[1]", "7"])
  func interrupted(_ content: String) async throws {
    #expect(try await Self.evaluated(content)["matched"].first?["x"] == "")
    #expect(try await Self.evaluated(content, ["not_found": "skip"])["matched"].first?["x"] == "before")
    #expect(try await Self.evaluated(content, ["destination": "flowfile_content"])["unmatched"].first?.text == content)
  }

  @Test("'*' is every element of a list and every member of an object", arguments: [
    ("$.*", #"{"b":9,"c":[1]}"#, "[9,[1]]"), ("$.o.*", #"{"o":{"x":1,"y":"z"}}"#, #"[1,"z"]"#), ("$.l[*].x", #"{"l":[{"x":1},2,{"x":3}]}"#, "[1,3]"), ("$.o.*", #"{"o":7}"#, "[]"),
    ("$.o.*", #"{"o":null}"#, "[]"), ("$.l[5].*", #"{"l":[1]}"#, "[]"), ("/l/*/x", #"{"l":[{"x":1.50}]}"#, "[1.50]"),
  ])
  func every(_ path: String, _ content: String, _ value: String) async throws {
    #expect(try await Self.evaluated(content, ["attributes": ["x": .text(path)], "return_type": "json"])["matched"].first?["x"] == value)
  }

  @Test("a path that names what is absent has no match, with '*' after it too", arguments: [
    ("$.o.*", "{}"), ("$.o.p.*", #"{"o":null}"#), ("$.o.p.*", #"{"o":7}"#), ("$.l[1].x.*", #"{"l":{}}"#), ("$.l[1:].x", #"{"l":7}"#), ("$.o['a','b']", #"{"o":[1]}"#), ("$.a.b[?(@.c)]", "{}"),
    ("$.l[-3]", #"{"l":[1,2]}"#), ("$.a.length()", "{}"),
  ])
  func absent(_ path: String, _ content: String) async throws {
    let outcome = try await Self.evaluated(content, ["attributes": ["x": .text(path)], "return_type": "json", "not_found": "skip"])
    #expect(outcome["matched"].first?["x"] == "before", "\(outcome.failures)")
  }

  @Test("filters, ranges, '..', negative indices, several names and functions are Jayway JsonPath's", arguments: [
    ("$..n", #"[1,3,"x"]"#), ("$.l[?(@.n)]", #"[{"n":1},{"n":3}]"#), ("$.l[?(@.n > 1)].n", "[3]"), ("$.l[-1].n", "x"), ("$.l[0:2].n", "[1,3]"), ("$.l[*].absent", "[]"), ("$.l[?(@.n == 'x')].n", #"["x"]"#),
    ("$.l[0]['n','o']", #"{"n":1}"#), ("$.l.length()", "3"), ("$.l[?(@.n =~ /X/i)].n", #"["x"]"#), ("$..absent", "[]"), ("$.l[7:]", "[]"), ("$.l[9].*", "[]"),
  ])
  func queries(_ path: String, _ value: String) async throws {
    let content = path.contains("@.n)") ? #"{"l":[{"n":1},{"n":3},{"m":"x"}]}"# : #"{"l":[{"n":1},{"n":3},{"n":"x"}]}"#
    let properties: [String: PropertyLiteral] = ["attributes": ["x": .text(path)], "return_type": "json"]
    let outcome = try await Self.evaluated(content, properties)
    #expect(outcome["matched"].first?["x"] == value, "\(outcome.failures)")
    let scalar = try await Self.evaluated(content, ["attributes": ["x": .text(path)]])
    #expect(scalar["failure"].isEmpty == !(value.hasPrefix("[") || value.hasPrefix("{")))
  }

  @Test("a filter's search that takes too long, content that is not UTF-8 and what nests too deep fail", arguments: [
    ("$.l[?(@.n =~ /(a+)+$/)]", Array(#"{"l":[{"n":"\#(String(repeating: "a", count: 64))!"}]}"#.utf8)), ("$..n", [0x22, 0xFF, 0x22]),
    ("$..n", Array((String(repeating: "[", count: 300) + String(repeating: "]", count: 300)).utf8)),
  ] as [(String, [UInt8])])
  func unsearchable(_ path: String, _ content: [UInt8]) async throws {
    let test = try ProcessorTest(EvaluateJSONPath.self, ["attributes": ["x": .text(path)], "return_type": "json"])
    var flowFile = test.flowFile([:], text: "")
    flowFile.content = .bytes(content)
    #expect(await test.run([flowFile])["failure"].first?.failure?.cause == .badData)
  }

  @Test("of members with one name the last counts")
  func twice() async throws {
    #expect(try await Self.evaluated(#"{"a":{"b":1},"a":{"b":2,"b":3}}"#)["matched"].first?["x"] == "3")
  }

  @Test("how a missing value and a null are shown is chosen")
  func choices() async throws {
    #expect(try await Self.evaluated("{}", ["not_found": "skip"])["matched"].first?["x"] == "before")
    let warned = try await Self.evaluated("{}", ["not_found": "warn"])
    #expect(warned["matched"].first?["x"] == "" && warned.bulletins.count == 1)
    #expect(try await Self.evaluated(#"{"a":{"b":null}}"#, ["null_value": "null"])["matched"].first?["x"] == "null")
  }

  @Test("objects and lists only with return_type json", arguments: [(#"{"a":{"b":{"c": 1}}}"#, "/a/b", #"{"c": 1}"#), (#"{"a":[1,"x"]}"#, "/a/*", #"[1,"x"]"#), (#"{"a":[]}"#, "/a/*", "[]")])
  func documents(_ content: String, _ path: String, _ value: String) async throws {
    #expect(try await Self.evaluated(content, ["attributes": ["x": .text(path)]])["failure"].first?.failure?.cause == .badData)
    #expect(try await Self.evaluated(content, ["attributes": ["x": .text(path)], "return_type": "json"])["matched"].first?["x"] == value)
  }

  @Test("a part of the content becomes the content, or the FlowFile is unmatched", arguments: [
    (#"{"a":{"b":{"c": 1}}}"#, #"{"c": 1}"#), (#"{"a":{"b":"t\n"}}"#, "t\n"), (#"{"a":{"b":null}}"#, ""), (#"{"a":{}}"#, nil),
  ] as [(String, String?)])
  func content(_ content: String, _ value: String?) async throws {
    let outcome = try await Self.evaluated(content, ["destination": "flowfile_content"])
    #expect(outcome[value == nil ? "unmatched" : "matched"].first?.text == value ?? content)
    #expect(outcome[value == nil ? "unmatched" : "matched"].first?["x"] == "before")
  }

  @Test("the content takes one path, and scalars alone if asked")
  func contentRules() async throws {
    let two: [String: PropertyLiteral] = ["attributes": ["x": "/a", "y": "/b"], "destination": "flowfile_content"]
    #expect(ProcessorProblems.found(EvaluateJSONPath.self, two).first?.contains("2 paths for one content") == true)
    let outcome = try await Self.evaluated(#"{"a":{"b":[1]}}"#, ["destination": "flowfile_content", "return_type": "scalar"])
    #expect(outcome["failure"].first?.failure?.cause == .badData)
  }

  @Test("a path may be in JSONPath's notation", arguments: [("$.a.b", "1"), ("$['a']['b']", "1"), ("$.l[1]", "x"), ("$.l[*]", #"[0,"x"]"#), (#"$["a b"]"#, "2")])
  func notation(_ path: String, _ value: String) async throws {
    let content = #"{"a":{"b":1},"l":[0,"x"],"a b":2}"#
    #expect(try await Self.evaluated(content, ["attributes": ["x": .text(path)], "return_type": path.contains("*") ? "json" : "scalar"])["matched"].first?["x"] == value)
  }

  @Test("what is not JSON fails", arguments: [
    "", "{", "<a/>", "bad", #"{"a":{"b":"\q"}}"#, #"{"a":{"b":01}}"#, #"{"a":{"b":1},"c":NaN}"#, "{\"a\":{\"b\":1},\"c\":\"\u{1}\"}", #"{"a":{"b":1},}"#,
  ])
  func failing(_ content: String) async throws {
    #expect(try await Self.evaluated(content)["failure"].first?.failure?.cause == .badData)
  }
}
