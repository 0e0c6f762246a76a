import FlowCore
import Testing
@testable import FlowJSON

@testable import StudyParticipants

/// An invalid surrogate in a display name must not prevent the extraction of data.
@Suite("Unread parts of an answer do not fail its extraction")
struct BrokenTextTests {
  private static func readings(_ document: [UInt8]) throws -> [String?] {
    let mapping = RecordMapping(rows: try #require(JSONPath("/rows")), columns: [try column("x", .integer)])
    let rows = try SimdJSONExtractor().extract(document, mapping: mapping, context: ExtractionContext())
    guard case .number(let number)? = try JSONTree(answer: document)["rows"]?.elements?.first?["x"] else { return rows.lines }
    return rows.lines + [number]
  }

  @Test(
    "the value is read from rows and small answers despite invalid neighbours",
    arguments: [
      #""A \ud83d""#, #""\ude00 \ud83d\ud83d\ude00""#, #""\ud83dA\u12""#, #""\x \uZZZZ""#, "\"a\tb\u{1}\"", "1e400", "-1e400", "[1e999, 18446744073709551616]",
      String(repeating: "9", count: 400),
    ])
  func texts(_ unread: String) throws {
    #expect(try Self.readings(Array(#"{"unread": \#(unread), "rows": [{"x": 7}]}"#.utf8)) == ["7", "7"])
  }

  @Test("bytes that are not UTF-8 become U+FFFD", arguments: [[0xF0, 0x9F, 0x98], [0xFF], [0xC3, 0x28], [0xED, 0xA0, 0xBD]] as [[UInt8]])
  func bytes(_ unread: [UInt8]) throws {
    let document = Array(#"{"unread": ""#.utf8) + unread + Array(#"", "rows": [{"x": 7}]}"#.utf8)
    #expect(try Self.readings(document) == ["7", "7"])
    #expect(try JSONTree(answer: document)["unread"]?.text?.contains("\u{FFFD}") == true)
  }

  @Test("a mark before the document, UTF-16 and UTF-32", arguments: [true, false])
  func encodings(hasMark: Bool) throws {
    let text = (hasMark ? "\u{FEFF}" : "") + #"{"unread": "é😀", "rows": [{"x": 7}]}"#
    let sixteen = text.utf16.map { [UInt8($0 & 255), UInt8($0 >> 8)] }
    let thirtyTwo = text.unicodeScalars.map { scalar in (0..<4).map { UInt8(scalar.value >> ($0 * 8) & 255) } }
    for units in [text.utf8.map { [$0] }, sixteen, sixteen.map { $0.reversed() }, thirtyTwo, thirtyTwo.map { $0.reversed() }] {
      let document = units.flatMap { $0 }
      #expect(try Self.readings(document) == ["7", "7"], "\(document.prefix(4))")
      #expect(try JSONTree(answer: document)["unread"] == .string("é😀"))
    }
  }

  @Test("an out-of-range number is an error only if it is read", arguments: ["1e400", "-1e400", String(repeating: "9", count: 400)])
  func numbers(_ number: String) throws {
    for isText in [true, false] {
      var read = try column("x", .integer)
      read.acceptsText = isText
      let error = extractionError { try extract(#"{"rows": [{"x": \#(number)}]}"#, [read]) }
      #expect(error?.pointer == "/rows/0/x")
    }
    #expect(try extract(#"{"rows": [{"x": 18446744073709551616}]}"#, [column("x", .real)]).lines == ["1.8446744073709552e+19"])
  }

  @Test("invalid bytes are read as U+FFFD, and nothing else is changed")
  func replaced() throws {
    let row = #"{"x": "A \ud83d!\u00e9\n", "y": "\ud83d\ude00"}"#
    #expect(try extract(#"{"rows": [\#(row)]}"#, [column("x", .text), column("y", .text)]).lines == ["A \u{FFFD}!é\n | 😀"])
  }

  @Test("the last of two equal members counts in a small answer; in a participant file they are an error")
  func twice() throws {
    let document = Array(#"{"a": 1, "a": 2}"#.utf8)
    #expect(try JSONTree(answer: document) == .object([.init("a", .number("2"))]))
    #expect(throws: Diagnostic.self) { try JSONTree(parsing: document) }
  }

  @Test("a truncated document is still rejected", arguments: [#"{"rows": [{"x": 7"#, #"{"rows": [{"x": "\ud8"#, "", "\u{FEFF}"])
  func cutOff(_ document: String) {
    #expect(throws: ExtractionError.self) { try Self.readings(Array(document.utf8)) }
    #expect(throws: Diagnostic.self) { try JSONTree(answer: Array(document.utf8)) }
  }
}
