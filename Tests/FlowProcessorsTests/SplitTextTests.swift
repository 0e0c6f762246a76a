import FlowCore
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("SplitText")
struct SplitTextTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var properties: [String: PropertyLiteral]
    var content: String
    var fragments: [String]
    var lineCounts: [Int]?
    var testDescription: String { "\(properties) on \(content.debugDescription)" }
    init(_ properties: [String: PropertyLiteral], _ content: String, _ fragments: [String], lines: [Int]? = nil) {
      self.properties = properties
      self.content = content
      self.fragments = fragments
      lineCounts = lines
    }
  }

  private static func run(_ properties: [String: PropertyLiteral], _ content: String) async throws -> ProcessorTest.Outcome {
    let test = try ProcessorTest(SplitText.self, properties)
    return await test.run([test.flowFile(["filename": "day.csv"], text: content)])
  }

  @Test("fragments have the lines of the property, without the line endings at their ends", arguments: [
    Case(["line_split_count": "1"], "a\nb\r\nc", ["a", "b", "c"], lines: [1, 1, 1]), Case(["line_split_count": "2"], "a\nb\nc\n", ["a\nb", "c"], lines: [2, 1]),
    Case(["line_split_count": "2"], "a\n\nb\n\n\n", ["a", "b"], lines: [1, 1]), Case(["line_split_count": "1"], "\n\n", []), Case(["line_split_count": "3"], "", []),
    Case(["line_split_count": "2", "remove_trailing_newlines": "false"], "a\n\nb\n\n\n", ["a\n\n", "b\n\n", "\n"], lines: [2, 2, 1]),
    Case(["line_split_count": "3"], "a\n\nb", ["a\n\nb"], lines: [3]),
  ])
  func lines(_ item: Case) async throws { try await check(item) }

  @Test("every fragment begins with the header", arguments: [
    Case(["line_split_count": "2", "header_line_count": "1"], "h\na\nb\nc\n", ["h\na\nb", "h\nc"], lines: [2, 1]),
    Case(["line_split_count": "2", "header_line_count": "2"], "h1\nh2\n", ["h1\nh2"], lines: [0]),
    Case(["line_split_count": "1", "header_line_count": "1"], "h\n\na\n", ["h", "h\na"], lines: [0, 1]), Case(["line_split_count": "1", "header_line_count": "1"], "", []),
    Case(["line_split_count": "1", "header_line_marker_characters": "#"], "#1\n#2\na\n#b\n", ["#1\n#2\na", "#1\n#2\n#b"]),
    Case(["line_split_count": "1", "header_line_marker_characters": "#"], "a\n#b", ["a", "#b"]),
  ])
  func header(_ item: Case) async throws { try await check(item) }

  @Test("fragments are not larger than the size, but for a single line", arguments: [
    Case(["line_split_count": "0", "maximum_fragment_size": "6 B"], "aa\nbb\ncc\n", ["aa\nbb", "cc"], lines: [2, 1]),
    Case(["line_split_count": "5", "maximum_fragment_size": "4 B"], "a\nb\ntoo long\nc\n", ["a\nb", "too long", "c"]),
    Case(["line_split_count": "0", "maximum_fragment_size": "6 B", "header_line_count": "1"], "h\naa\nbb\n", ["h\naa", "h\nbb"]),
    Case(["line_split_count": "1", "maximum_fragment_size": "1 GB"], "a\nb", ["a", "b"]),
  ])
  func sizes(_ item: Case) async throws { try await check(item) }

  private func check(_ item: Case) async throws {
    let outcome = try await Self.run(item.properties, item.content)
    let fragments = outcome["splits"]
    #expect(fragments.map(\.text) == item.fragments, "\(outcome.failures)")
    if let counts = item.lineCounts { #expect(fragments.map { $0["text.line.count"] } == counts.map(String.init)) }
    #expect(fragments.map { $0["fragment.index"] } == item.fragments.indices.map { String($0 + 1) })
    #expect(fragments.map { $0["fragment.size"] } == item.fragments.map { String($0.utf8.count) })
    let original = try #require(outcome["original"].first)
    #expect(original.text == item.content && original["fragment.count"] == String(item.fragments.count))
    #expect(Set(fragments.map { $0["fragment.identifier"] }).subtracting([original["fragment.identifier"]]).isEmpty)
    #expect(fragments.allSatisfy { $0["fragment.count"] == String(item.fragments.count) && $0["segment.original.filename"] == "day.csv" })
  }

  @Test("a header that is not there or too large fails", arguments: [
    (["line_split_count": "1", "header_line_count": "3"], "has 2 lines; expected at least 3"),
    (["line_split_count": "1", "header_line_count": "1", "maximum_fragment_size": "1 B"], "has a header of 2 bytes"),
  ] as [([String: PropertyLiteral], String)])
  func failing(_ properties: [String: PropertyLiteral], _ message: String) async throws {
    let outcome = try await Self.run(properties, "a\nb")
    let failed = try #require(outcome["failure"].first)
    #expect(failed.failure?.message.contains(message) == true && failed.text == "a\nb" && outcome.created.isEmpty)
  }

  @Test("without lines a size is needed")
  func declaration() {
    #expect(ProcessorProblems.found(SplitText.self, ["line_split_count": "0"]).count == 1)
    #expect(ProcessorProblems.found(SplitText.self, ["line_split_count": "0", "maximum_fragment_size": "1 KB"]).isEmpty)
  }
}
