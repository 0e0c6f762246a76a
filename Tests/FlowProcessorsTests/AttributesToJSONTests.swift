import FlowCore
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("AttributesToJSON")
struct AttributesToJSONTests {
  private static func run(_ properties: [String: PropertyLiteral], _ attributes: Attributes) async throws -> ProcessorTest.Outcome {
    let test = try ProcessorTest(AttributesToJSON.self, properties)
    return await test.run([test.flowFile(attributes, text: "content")])
  }

  @Test("writes the selected attributes", arguments: [
    (["attributes_list": ["b", "a", "none"]], #"{"b":"2","a":"1","none":""}"#), (["attributes_list": ["none"], "null_value": "true"], #"{"none":null}"#),
    (["attributes_regular_expression": "[ab]"], #"{"a":"1","b":"2"}"#), (["attributes_list": ["q"], "attributes_regular_expression": "a|q"], #"{"q":"say \"é\"\n","a":"1"}"#),
    (["include_core_attributes": "false"], #"{"a":"1","b":"2","nested":" {\"x\": [1]} ","q":"say \"é\"\n"}"#),
    (["attributes_list": ["nested", "a"], "json_handling_strategy": "nested"], #"{"nested":{"x": [1]},"a":"1"}"#),
  ] as [([String: PropertyLiteral], String)])
  func selection(_ properties: [String: PropertyLiteral], _ expected: String) async throws {
    let outcome = try await Self.run(properties, ["a": "1", "b": "2", "q": "say \"é\"\n", "filename": "f", "nested": " {\"x\": [1]} "])
    let sent = try #require(outcome["success"].first)
    #expect(sent["JSONAttributes"] == expected && sent.text == "content")
  }

  @Test("all attributes include the uuid")
  func all() async throws {
    let outcome = try await Self.run(["destination": "flowfile_content"], ["a": "1"])
    let sent = try #require(outcome["success"].first)
    #expect(sent.text == #"{"a":"1","uuid":"\#(sent.id.text)"}"# && sent["mime.type"] == "application/json" && sent["JSONAttributes"] == nil)
  }

  @Test("what only looks like JSON fails if it is to be nested")
  func failing() async throws {
    let outcome = try await Self.run(["json_handling_strategy": "nested"], ["a": "{no}"])
    #expect(outcome["failure"].first?.failure?.message.hasPrefix("attribute 'a' looks like JSON") == true)
    #expect(try await Self.run(["json_handling_strategy": "nested", "attributes_list": ["a"]], ["a": "{no"])["success"].first?["JSONAttributes"] == #"{"a":"{no"}"#)
  }
}
