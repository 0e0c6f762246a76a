import FlowCore
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("SplitRecords")
struct SplitRecordsTests {
  private static func split(_ content: String, _ more: [String: PropertyLiteral] = [:]) async throws -> (outcome: ProcessorTest.Outcome, parent: FlowFile) {
    let test = try ProcessorTest(SplitRecords.self, (["rows": "/rows", "attributes": ["id": "id", "name": "deep/name"]] as [String: PropertyLiteral]).merging(more) { $1 })
    let parent = test.flowFile(["a": "b"], text: content)
    return (await test.run([parent]), parent)
  }

  @Test("each element is a FlowFile with its bytes, its attributes and its number")
  func elements() async throws {
    let (outcome, _) = try await Self.split(#"{"rows":[{"id":18446744073709551615,"deep":{"name":"é\n"}}, {"id" : null},"x"]}"#)
    #expect(outcome["failure"].count == 1 && outcome.created.isEmpty, "a text has no members")
    let (whole, wholeParent) = try await Self.split(#"{"rows":[{"id":18446744073709551615,"deep":{"name":"\u00e9"}}, {"id" : null}]}"#)
    let parts = whole["split"]
    #expect(parts.map(\.text) == [#"{"id":18446744073709551615,"deep":{"name":"\u00e9"}}"#, #"{"id" : null}"#])
    #expect(parts.map { $0["id"] } == ["18446744073709551615", ""] && parts.map { $0["name"] } == ["é", ""])
    #expect(parts.map { $0["fragment.index"] } == ["0", "1"] && parts.allSatisfy { $0["fragment.count"] == "2" && $0["a"] == "b" })
    let original = try #require(whole["original"].first)
    #expect(Set(parts.map { $0["fragment.identifier"] }) == [original.id.text] && original["fragment.count"] == "2")
    #expect(parts.allSatisfy { $0.ancestors.contains(original.id) } && original.id == wholeParent.id)
  }

  @Test(
    "the path may lead through lists and to a single value",
    arguments: [("/*/rows", #"[{"rows":[1,2]},{"rows":[3]},{}]"#, ["1", "2", "3"]), ("/rows/*", #"{"rows":[[1],[2]]}"#, ["[1]", "[2]"]), ("/rows", #"{"rows":{"a":1}}"#, [#"{"a":1}"#]), ("/rows", #"{"rows":[]}"#, [])])
  func paths(_ path: String, _ content: String, _ expected: [String]) async throws {
    let (outcome, _) = try await Self.split(content, ["rows": .text(path), "attributes": [:]])
    #expect(outcome["split"].map(\.text) == expected)
    #expect(outcome["original"].first?["fragment.count"] == "\(expected.count)")
  }

  @Test("nothing at the path, no JSON, and too many elements fail", arguments: [#"{"other":[]}"#, "{\"rows\":[1", #"{"rows":[1,2,3]}"#])
  func failing(_ content: String) async throws {
    let (outcome, _) = try await Self.split(content, ["limit": "2", "attributes": [:]])
    #expect(outcome["failure"].first?.failure?.cause == .badData)
    #expect(outcome["failure"].first?.text == content && outcome.created.isEmpty)
  }
}
