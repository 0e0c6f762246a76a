import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("MergeContent")
struct MergeContentTests {
  private static func bench(_ properties: [String: PropertyLiteral], time: ManualTime = ManualTime()) throws -> ProcessorTest {
    try ProcessorTest(MergeContent.self, properties, compiler: CompiledExpressions(parameters: []), environment: .undriven(time: time))
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var properties: [String: PropertyLiteral]
    var contents: [String]
    /// Merged before the end of the input, and at it.
    var merged: [String]
    var rest: [String] = []
    var testDescription: String { "\(properties) on \(contents)" }
  }

  @Test("bins are complete by number and size, and at the end of the input", arguments: [
    Case(properties: [:], contents: ["a", "b", "c"], merged: ["abc"]),
    Case(properties: ["maximum_number_of_entries": "2"], contents: ["a", "b", "c"], merged: ["ab", "c"]),
    Case(properties: ["minimum_number_of_entries": "2", "maximum_number_of_entries": "2"], contents: ["a", "b", "c"], merged: ["ab"], rest: ["c"]),
    Case(properties: ["minimum_number_of_entries": "5"], contents: ["a", "b"], merged: [], rest: ["ab"]),
    Case(properties: ["minimum_group_size": "4 B"], contents: ["aa", "b"], merged: [], rest: ["aab"]),
    Case(properties: ["minimum_group_size": "3 B"], contents: ["aa", "b"], merged: ["aab"]),
    Case(properties: ["maximum_group_size": "3 B"], contents: ["aa", "bb", "c"], merged: ["aac", "bb"]),
    Case(properties: ["maximum_group_size": "2 B"], contents: ["too large", "a"], merged: ["too large", "a"]),
    Case(
      properties: ["delimiter_strategy": "text", "header": "[${n}:", "footer": "]", "demarcator": ","], contents: ["a", "b"], merged: ["[0:a,b]"]),
  ])
  func bins(_ item: Case) async throws {
    let test = try Self.bench(item.properties)
    let flowFiles = item.contents.enumerated().map { test.flowFile(["n": "\($0.offset)"], text: $0.element) }
    let first = await test.run(flowFiles)
    #expect(first.error == nil)
    #expect(first["merged"].map(\.text) == item.merged)
    guard !first.held.isEmpty || !item.rest.isEmpty else { return }
    let last = await test.run(held: first.held, isInputEnded: true)
    #expect(last["merged"].map(\.text) == item.rest && last["merged"].allSatisfy { $0["merge.reason"] == "INPUT_ENDED" })
    #expect(Set((first["original"] + last["original"]).map(\.id)) == Set(flowFiles.map(\.id)))
  }

  @Test("as packages, UnpackContent gives the parts back: content, name and attributes", arguments: ["use_mime.type_attribute", "flowfile-stream-v3"])
  func packages(_ format: String) async throws {
    let test = try Self.bench(["merge_format": "flowfile-stream-v3"])
    let parts = [test.flowFile(["filename": "a.json", "site": "Bern", "same": "yes"], text: "one"), test.flowFile(["same": "yes", "mime.type": "text/plain"])]
    let outcome = await test.run(parts, isInputEnded: true)
    let merged = try #require(outcome["merged"].first)
    #expect(outcome["merged"].count == 1 && outcome["original"].map(\.id) == parts.map(\.id))
    #expect(merged["mime.type"] == "application/flowfile-v3" && merged["filename"] == merged.id.text + ".pkg" && merged["merge.count"] == "2")
    #expect(merged["same"] == "yes" && merged["site"] == nil)

    let unpacking = try ProcessorTest(UnpackContent.self, ["packaging_format": .text(format)], environment: .undriven(time: ManualTime()))
    let unpacked = await unpacking.run([merged])["success"]
    #expect(unpacked.map(\.content) == [.bytes(Array("one".utf8)), .empty])
    #expect(unpacked.map { $0["filename"] } == ["a.json", parts[1].id.text] && unpacked.map { $0["site"] } == ["Bern", nil])
    #expect(unpacked.map { $0["mime.type"] } == ["application/octet-stream", "text/plain"] && unpacked.allSatisfy { $0["same"] == "yes" })
  }

  @Test("FlowFiles wait over several triggers, and are merged in their order")
  func overTriggers() async throws {
    let test = try Self.bench(["minimum_number_of_entries": "3"])
    let all = ["a", "b", "c"].map { test.flowFile(text: $0) }
    var held: [HeldFlowFile] = []
    for flowFile in all.prefix(2) {
      let outcome = await test.run([flowFile], held: held)
      #expect(outcome.sent.isEmpty && outcome.heldFor == nil)
      held = outcome.held
    }
    #expect(held.map(\.flowFile.id) == all.prefix(2).map(\.id))
    let outcome = await test.run([all[2]], held: held)
    #expect(outcome["merged"].map(\.text) == ["abc"] && outcome.held.isEmpty)
  }

  @Test("a bin is merged when it is old")
  func age() async throws {
    let time = ManualTime()
    let test = try Self.bench(["minimum_number_of_entries": "9", "max_bin_age": "1 min"], time: time)
    let first = await test.run([test.flowFile(text: "a")])
    #expect(first.heldFor == .seconds(60))
    time.advance(by: .seconds(40))
    let second = await test.run([test.flowFile(text: "b")], held: first.held)
    #expect(second.heldFor == .seconds(20) && second.sent.isEmpty)
    time.advance(by: .seconds(20))
    let third = await test.run(held: second.held)
    let merged = try #require(third["merged"].first)
    #expect(merged.text == "ab" && merged["merge.reason"] == "TIMEOUT" && merged["merge.bin.age"] == "60000")
  }

  @Test("only FlowFiles with the same attribute are merged, and the oldest of too many bins")
  func correlation() async throws {
    let test = try Self.bench(["correlation_attribute_name": "c", "minimum_number_of_entries": "2", "maximum_number_of_bins": "2"])
    let flowFiles = ["x", "y", "x", nil, "z"].enumerated().map { test.flowFile($0.element.map { ["c": $0] } ?? [:], text: "\($0.offset)") }
    let outcome = await test.run(flowFiles)
    #expect(outcome["merged"].map(\.text) == ["02", "1"])
    #expect(outcome["merged"].map { $0["merge.reason"] } == ["MIN_THRESHOLDS_REACHED", "BIN_MANAGER_FULL"])
    #expect(outcome["merged"].map { $0["c"] } == ["x", "y"] && outcome.held.count == 2)
  }

  @Test("the merged FlowFile has the attributes of the strategy", arguments: [
    ("keep_only_common_attributes", ["same": "1"]), ("keep_all_unique_attributes", ["same": "1", "one": "a"]),
  ])
  func attributes(_ strategy: String, _ expected: [String: String]) async throws {
    let test = try Self.bench(["attribute_strategy": .text(strategy)])
    let flowFiles = [test.flowFile(["same": "1", "other": "1", "one": "a", "mime.type": "text/csv"]), test.flowFile(["same": "1", "other": "2", "mime.type": "text/csv"])]
    let outcome = await test.run(flowFiles)
    let merged = try #require(outcome["merged"].first)
    let own = ["filename": merged.id.text, "mime.type": "text/csv", "merge.count": "2", "merge.bin.age": "0", "merge.reason": "MIN_THRESHOLDS_REACHED"]
    #expect(merged.attributes.dictionary == expected.merging(own) { $1 } && merged.content == .empty)
    #expect(outcome["original"].allSatisfy { $0["merge.uuid"] == merged.id.text })
    #expect(merged.ancestors == [flowFiles[0].id] && outcome.created.first?.otherParents.map(\.id) == [flowFiles[1].id])
  }

  private static func fragment(_ test: ProcessorTest, _ group: String?, _ number: String?, _ count: String?) -> FlowFile {
    var attributes: Attributes = [:]
    attributes["fragment.identifier"] = group
    attributes["fragment.index"] = number
    attributes["fragment.count"] = count
    return test.flowFile(attributes, text: number ?? "?")
  }

  @Test("fragments are put in order, whichever of them knows the number")
  func defragment() async throws {
    let test = try Self.bench(["merge_strategy": "defragment"])
    let outcome = await test.run(["10", "9", "2"].map { Self.fragment(test, "a", $0, $0 == "9" ? "3" : nil) })
    #expect(outcome["merged"].map(\.text) == ["2910"] && outcome["merged"].first?["merge.reason"] == "ALL_FRAGMENTS_PRESENT")
  }

  @Test("contradictory fragments fail", arguments: [
    ([("a", "1", "2"), ("a", "1", "2"), ("a", "2", "2")], ["there is another fragment 1 of 'a'"], 1), ([(nil, "1", "2")], ["no fragment.identifier"], 0),
    ([("a", "one", "2")], ["no whole number as fragment.index"], 0), ([("a", "1", "2"), ("a", "2", "3")], ["disagree about their number: 2, 3"], 0),
    ([("a", "1", nil)], ["expected fragment.count on at least one"], 0),
  ] as [([(String?, String?, String?)], [String], Int)])
  func contradictions(_ fragments: [(String?, String?, String?)], _ messages: [String], _ mergedCount: Int) async throws {
    let test = try Self.bench(["merge_strategy": "defragment"])
    let outcomes = await test.runAll(fragments.map { Self.fragment(test, $0.0, $0.1, $0.2) })
    #expect(outcomes.flatMap { $0["merged"] }.count == mergedCount)
    let failures = outcomes.flatMap(\.failures)
    #expect(!failures.isEmpty && failures.allSatisfy { failure in messages.contains { failure.message.contains($0) } }, "\(failures)")
  }

  @Test("fragments that are late fail; those that a stop keeps apart are held for the engine to defer")
  func incomplete() async throws {
    let time = ManualTime()
    let test = try Self.bench(["merge_strategy": "defragment", "max_bin_age": "5 s"], time: time)
    let first = await test.run([Self.fragment(test, "a", "1", "2")])
    let stopped = await test.run(isStopping: true, held: first.held, isInputEnded: true)
    #expect(stopped.error == nil && stopped.sent.isEmpty && stopped.held.count == 1)
    time.advance(by: .seconds(5))
    let late = await test.run(held: first.held)
    #expect(late["failure"].first?.failure?.message == "'a' has 1 fragments within max_bin_age; expected 2 (fragment.count)")
  }

  @Test("a content that cannot be read fails its bin only")
  func unreadable() async throws {
    let test = try Self.bench(["correlation_attribute_name": "c"])
    let lost = ContentClaim(path: "/nowhere/1", sizeBytes: 5) { _ in }
    let outcome = await test.run([test.flowFile(["c": "1"], content: .claim(lost)), test.flowFile(["c": "1"], text: "a"), test.flowFile(["c": "2"], text: "b")])
    #expect(outcome["failure"].count == 2 && outcome["failure"].allSatisfy { $0.failure?.cause == .disk })
    #expect(outcome["merged"].map(\.text) == ["b"])
  }

  @Test("contradictory properties are problems", arguments: [
    ["minimum_number_of_entries": "3", "maximum_number_of_entries": "2"], ["minimum_group_size": "3 B", "maximum_group_size": "2 B"], ["header": "x"],
    ["merge_strategy": "defragment", "correlation_attribute_name": "c"],
  ] as [[String: PropertyLiteral]])
  func declaration(_ properties: [String: PropertyLiteral]) {
    #expect(ProcessorProblems.found(MergeContent.self, properties).count == 1)
  }
}
