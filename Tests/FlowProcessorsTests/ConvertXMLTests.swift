import FlowCore
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("ConvertXML")
struct ConvertXMLTests {
  private static let rule: [String: PropertyLiteral] = ["root": "r", "lists": ["p"]]

  private static func converted(_ properties: [String: PropertyLiteral], _ text: String) async throws -> (relationship: String, flowFile: FlowFile?, counters: [String: Int64]) {
    let test = try ProcessorTest(ConvertXML.self, properties)
    let outcome = await test.run([test.flowFile(["a": "b"], text: text)])
    let sent = try #require(outcome.sent.first)
    return (sent.key, sent.value.first, outcome.counters)
  }

  @Test("the content is converted, and the attributes stay")
  func content() async throws {
    let (relationship, flowFile, counters) = try await Self.converted(Self.rule, "<r><p>1</p><q/></r>")
    #expect(relationship == "success" && flowFile?.text == #"{"p":["1"],"q":null}"#)
    #expect(flowFile?["a"] == "b" && counters == ["documents": 1])
  }

  @Test(
    "documents in JSON are converted where they are; everything else stays byte for byte",
    arguments: [
      (#"{"t":[{"id": 1,"x":"<r><p>1</p></r>"},{"id":2,"absent":404}]}"#, #"{"t":[{"id": 1,"x":{"p":["1"]}},{"id":2,"absent":404}]}"#, 1),
      (#"{"t":[{"x":null}, {"x":"<r>\n<p>\u0041</p></r>"}]}"#, #"{"t":[{"x":null}, {"x":{"p":["A"]}}]}"#, 1), (#"{"t":[]}"#, #"{"t":[]}"#, 0),
      (#"{"other":1}"#, #"{"other":1}"#, 0),
    ])
  func inPlace(_ before: String, _ after: String, _ count: Int64) async throws {
    let (relationship, flowFile, counters) = try await Self.converted(Self.rule.merging(["at": "/t/*/x"]) { $1 }, before)
    #expect(relationship == "success" && flowFile?.text == after, "\(flowFile?.failure?.message ?? "")")
    #expect(counters["documents"] ?? 0 == count)
  }

  @Test("a string that does not begin like XML is Base64, if accepted")
  func base64() async throws {
    let content = #"{"x":"PHI+PHA+MTwvcD48L3I+"}"#
    let accepting = Self.rule.merging(["at": "/x", "accept_base64": "true"]) { $1 }
    #expect(try await Self.converted(accepting, content).flowFile?.text == #"{"x":{"p":["1"]}}"#)
    #expect(try await Self.converted(accepting, #"{"x":"<r><p>1</p></r>"}"#).flowFile?.text == #"{"x":{"p":["1"]}}"#)
    #expect(try await Self.converted(Self.rule.merging(["at": "/x"]) { $1 }, content).relationship == "failure")
  }

  @Test(
    "a document that is not whole fails with its place; the content stays",
    arguments: [
      ("<r><p>1</p>", nil, "line 1 of the XML has its end; expected the end of 'r'"), ("{}", nil, "line 1 of the XML has text outside of the root element; expected one root element and nothing else"),
      (#"{"x":"<r>"}"#, "/x", "/x is not convertible (value 1): line 1 of the XML has its end; expected the end of 'r'; expected a complete document"),
      (#"{"x":1}"#, "/x", "/x is no XML as text (value 1); expected a document as a string"), (#"{"x":"#, "/x", "no complete JSON document; expected one"),
    ] as [(String, String?, String)])
  func failing(_ content: String, _ path: String?, _ message: String) async throws {
    let (relationship, flowFile, _) = try await Self.converted(path.map { Self.rule.merging(["at": .text($0)]) { $1 } } ?? Self.rule, content)
    #expect(relationship == "failure" && flowFile?.text == content)
    #expect(flowFile?.failure?.cause == .badData && flowFile?.failure?.message == message)
  }

  @Test("a larger or deeper document fails", arguments: [("depth", "2"), ("size", "10 B")])
  func limits(_ property: String, _ value: String) async throws {
    let (relationship, _, _) = try await Self.converted(["lists": ["p"], property: .text(value)], "<r><p><p>1</p></p></r>")
    #expect(relationship == "failure")
  }
}
