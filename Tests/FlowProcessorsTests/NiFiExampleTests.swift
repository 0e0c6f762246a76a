import FlowCore
import FlowDefinition
import FlowSQLite
import FlowTesting
import Testing

@testable import FlowProcessors

/// What NiFi's documentation and its own tests say that its processors do, with texts of our own.
@Suite("Processors do what NiFi's documentation promises")
struct NiFiExampleTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var type: any Processor.Type
    var properties: [String: PropertyLiteral]
    var content: String
    var attributes: Attributes = [:]
    /// Contents by relationship.
    var sent: [String: [String]]
    var testDescription: String { "\(type) \(properties) on \(content.debugDescription)" }

    init(_ type: any Processor.Type, _ properties: [String: PropertyLiteral], _ content: String, _ attributes: Attributes = [:], _ sent: [String: [String]]) {
      self.type = type
      self.properties = properties
      self.content = content
      self.attributes = attributes
      self.sent = sent
    }
  }

  private static func outcome(_ item: Case) async throws -> ProcessorTest.Outcome {
    let environment = RuntimeEnvironment.undriven()
    environment.shared.put(SQLiteRecordQueries.make(lane: { _ in InlineLane() }, time: environment.time))
    let test = try ProcessorTest(item.type, item.properties, compiler: CompiledExpressions(parameters: []), environment: environment)
    return await test.run([test.flowFile(item.attributes, text: item.content)])
  }

  private static let people = "name, age, title\nAda, 34, Engineer\nBert, 30, Manager\nCleo, 45, Head of House\nDora, 46, Head of House\n"

  @Test("QueryRecord: a relationship for each query; names and values without the spaces around them", arguments: [
    ("SELECT * FROM FLOWFILE WHERE title LIKE '%Engineer%'", "name,age,title\r\nAda,34,Engineer\r\n"),
    ("SELECT name FROM FLOWFILE WHERE title = 'Head of House'", "name\r\nCleo\r\nDora\r\n"),
    ("SELECT * FROM FLOWFILE WHERE age < (SELECT AVG(age) FROM FLOWFILE)", "name,age,title\r\nAda,34,Engineer\r\nBert,30,Manager\r\n"),
    ("SELECT title, COUNT(*) AS n FROM FLOWFILE GROUP BY title HAVING COUNT(*) > 1", "title,n\r\nHead of House,2\r\n"),
  ])
  func queries(_ query: String, _ result: String) async throws {
    let outcome = try await Self.outcome(Case(QueryRecord.self, ["reader": "csv", "writer": "csv", "queries": ["found": .text(query)]], Self.people, [:], [:]))
    #expect(outcome["found"].map(\.text) == [result] && outcome["original"].map(\.text) == [Self.people], "\(outcome.failures)")
  }

  @Test("contents go where NiFi sends them", arguments: [
    // A line that alone is too large is a fragment of its own; a header that is not complete fails; a content of nothing but its header is one fragment.
    Case(SplitText.self, ["line_split_count": "2", "maximum_fragment_size": "12 B"], "one #1\ntwo #2\nthree #3\na line that is too long", [:], ["splits": ["one #1", "two #2", "three #3", "a line that is too long"], "original": ["one #1\ntwo #2\nthree #3\na line that is too long"]]),
    Case(SplitText.self, ["line_split_count": "2", "header_line_count": "2"], "only one", [:], ["failure": ["only one"]]),
    Case(SplitText.self, ["line_split_count": "2", "header_line_count": "1"], "only one", [:], ["splits": ["only one"], "original": ["only one"]]),
    Case(SplitText.self, ["line_split_count": "2", "header_line_marker_characters": "Head"], "Head 1\nHead 2\n", [:], ["splits": ["Head 1\nHead 2"], "original": ["Head 1\nHead 2\n"]]),
    // Empty lines count; a fragment of empty lines is dropped without a header and stays with one.
    Case(SplitText.self, ["line_split_count": "3"], "1\r2\r3\r\r\r\r\r\r\r10\r11\r12\r", [:], ["splits": ["1\r2\r3", "10\r11\r12"], "original": ["1\r2\r3\r\r\r\r\r\r\r10\r11\r12\r"]]),
    Case(SplitText.self, ["line_split_count": "3", "header_line_count": "2"], "H\r\nI\r\n1\r\n2\r\n3\r\n\r\n\r\n\r\n10\r\n", [:], ["splits": ["H\r\nI\r\n1\r\n2\r\n3", "H\r\nI", "H\r\nI\r\n10"], "original": ["H\r\nI\r\n1\r\n2\r\n3\r\n\r\n\r\n\r\n10\r\n"]]),
    Case(SplitText.self, ["line_split_count": "2"], "a\n\n\nb\n", [:], ["splits": ["a", "\nb"], "original": ["a\n\n\nb\n"]]),
    // Names of members in brackets; a wildcard gives a list.
    Case(EvaluateJSONPath.self, ["destination": "flowfile_content", "attributes": ["x": "/0/friends/*/id"]], #"[{"friends":[{"id":0},{"id":1}]}]"#, [:], ["matched": ["[0,1]"]]),
    Case(EvaluateJSONPath.self, ["destination": "flowfile_content", "attributes": ["x": "/record.count"]], #"{"record.count":7}"#, [:], ["matched": ["7"]]),
    Case(EvaluateJSONPath.self, ["destination": "flowfile_content", "attributes": ["x": "/none/key"]], #"{"a":1}"#, [:], ["unmatched": [#"{"a":1}"#]]),
    Case(EvaluateJSONPath.self, ["destination": "flowfile_content", "return_type": "scalar", "attributes": ["x": "/a"]], #"{"a":[1]}"#, [:], ["failure": [#"{"a":[1]}"#]]),
    Case(EvaluateJSONPath.self, ["attributes": ["x": "/a"]], "<a/>", [:], ["failure": ["<a/>"]]),
    Case(SplitJSON.self, ["json_path_expression": "/*/name"], #"[{"name":{"first":"A"}},{"name":{"first":"B"}}]"#, [:], ["split": [#"{"first":"A"}"#, #"{"first":"B"}"#], "original": [#"[{"name":{"first":"A"}},{"name":{"first":"B"}}]"#]]),
    Case(SplitJSON.self, ["json_path_expression": "/none"], #"{"a":1}"#, [:], ["failure": [#"{"a":1}"#]]),
    // Attributes as JSON: none at all is an empty object; one that is not there is empty, or null.
    Case(AttributesToJSON.self, ["destination": "flowfile_content", "attributes_list": ["a", "none"]], "x", ["a": "1"], ["success": [#"{"a":"1","none":""}"#]]),
    Case(AttributesToJSON.self, ["destination": "flowfile_content", "attributes_list": ["none"], "null_value": "true"], "x", ["a": "1"], ["success": [#"{"none":null}"#]]),
    // A rule names the relationship.
    Case(RouteOnAttribute.self, ["rules": ["ABC": "${filename:startsWith('ABC')}"]], "x", ["filename": "ABCD.csv"], ["ABC": ["x"]]),
    Case(RouteOnAttribute.self, ["rules": ["ABC": "${filename:startsWith('ABC')}"]], "x", ["filename": "abc.csv"], ["unmatched": ["x"]]),
    // Several replacements in one text, each with its own groups.
    Case(ReplaceText.self, ["search_value": "\"([a-z]+?)\":\"(.*?)\"", "replacement_value": "\"${'$1':toUpper()}\":\"$2\""], #"{"name":"Ada","middle":"x"}"#, [:], ["success": [#"{"NAME":"Ada","MIDDLE":"x"}"#]]),
    Case(ReplaceText.self, ["replacement_strategy": "append", "replacement_value": "!", "line_by_line_evaluation_mode": "last_line"], "a\r\nb\r\nc", [:], ["success": ["a\r\nb\r\nc!"]]),
  ])
  func contents(_ item: Case) async throws {
    let outcome = try await Self.outcome(item)
    #expect(outcome.sent.mapValues { $0.map(\.text) } == item.sent, "\(outcome.failures)")
  }

  @Test("RetryFlowFile counts its own retries, and those of another as its mode says", arguments: [
    ([:], [:], "retry", "1"), ([:], ["flowfile.retries": "2", "flowfile.retries.uuid": "self"], "retry", "3"),
    ([:], ["flowfile.retries": "3", "flowfile.retries.uuid": "self"], "retries_exceeded", ""), (["maximum_retries": "1"], ["flowfile.retries": "1", "flowfile.retries.uuid": "self"], "retries_exceeded", ""),
    (["retry_attribute": "tries"], ["tries": "x"], "retry", "1"), (["retry_attribute": "tries", "fail_on_non_numerical_overwrite": "true"], ["tries": "x"], "failure", "x"),
  ] as [([String: PropertyLiteral], Attributes, String, String)])
  func retries(_ properties: [String: PropertyLiteral], _ attributes: Attributes, _ relationship: String, _ count: String) async throws {
    let test = try ProcessorTest(RetryFlowFile.self, properties, compiler: CompiledExpressions(parameters: []))
    let name = properties["retry_attribute"] == nil ? "flowfile.retries" : "tries"
    // Whose count it is, the processor itself has written.
    let first = try #require(await test.run([test.flowFile()]).sent.values.joined().first)
    var given = attributes
    if given["\(name).uuid"] == "self" { given["\(name).uuid"] = first["\(name).uuid"] }
    let outcome = await test.run([test.flowFile(given)])
    #expect(outcome.sent.mapValues(\.count) == [relationship: 1] && (outcome[relationship].first?[name] ?? "") == count, "\(outcome.sent)")
  }

  @Test("MergeContent puts fragments together when one of them says how many there are")
  func fragments() async throws {
    let test = try ProcessorTest(MergeContent.self, ["merge_strategy": "defragment"], compiler: CompiledExpressions(parameters: []))
    let outcome = await test.run([
      test.flowFile(["fragment.identifier": "a", "fragment.index": "2", "segment.original.filename": "day.csv"], text: "c"),
      test.flowFile(["fragment.identifier": "a", "fragment.index": "0"], text: "a"),
      test.flowFile(["fragment.identifier": "a", "fragment.index": "1", "fragment.count": "3"], text: "b"),
    ])
    #expect(outcome["merged"].map(\.text) == ["abc"] && outcome["original"].count == 3, "\(outcome.sent) \(outcome.failures)")
  }
}
