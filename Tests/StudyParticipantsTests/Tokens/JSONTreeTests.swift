import FlowCore
import FlowTesting
import Testing

@testable import StudyParticipants


@Suite("Small JSON documents")
struct JSONTreeTests {
  private static let document = #"{"a": [1.10, 12345678901234567890, -0.5e3, true, null], "é\"\\\n": {"b": "\u00e9\ud83d\ude00"}, "c": []}"#

  @Test("members, order and the text of numbers survive reading and writing")
  func roundTrip() throws {
    let tree = try JSONTree(parsing: Array(Self.document.utf8))
    let text = String(decoding: tree.prettyBytes, as: UTF8.self)
    #expect(
      text == """
        {
          "a": [
            1.10,
            12345678901234567890,
            -0.5e3,
            true,
            null
          ],
          "é\\"\\\\\\n": {
            "b": "é😀"
          },
          "c": []
        }

        """)
    #expect(try JSONTree(parsing: tree.prettyBytes) == tree)
  }

  @Test("every truncated form is refused, and so is a doubled one")
  func cutOff() {
    let bytes = Array(Self.document.utf8)
    for length in 0..<bytes.count {
      #expect(throws: Diagnostic.self) { try JSONTree(parsing: Array(bytes[..<length])) }
    }
    #expect(throws: Diagnostic.self) { try JSONTree(parsing: bytes + bytes) }
  }

  @Test(
    "says where and what is wrong, and never what stands there",
    arguments: [
      ("", 1, 1, "the end of the text", "a JSON value"),
      ("{\"a\": 1,\n \"a\": 2}", 2, 2, "a member that was there before", "each member once"),
      ("{\"a\" 1}", 1, 6, "no colon after a member name", "':'"),
      ("{a: 1}", 1, 2, "no member name", "a name in double quotes"),
      ("[1 2]", 1, 4, "something else inside a list", "',' or ']'"),
      ("{\"a\": SECRET}", 1, 7, "something that is not JSON", "a JSON value"),
      ("[01]", 1, 4, "a malformed number", "a JSON number"),
      ("[1.]", 1, 4, "a malformed number", "a digit after the point"),
      ("[\"\\x\"]", 1, 4, "an unknown escape", "an escape of RFC 8259"),
      ("[\"\\ud800\"]", 1, 9, "half a surrogate pair", "both halves"),
      ("[\"a\nb\"]", 1, 4, "a control character in a string", "an escape such as \\n"),
      ("{} SECRET", 1, 4, "more after the end of the document", "one document"),
      (String(repeating: "[", count: 100_000), 1, 66, "nested too deep", "at most 64 levels"),
    ])
  func problems(_ text: String, line: Int, column: Int, found: String, expected: String) {
    let error = #expect(throws: Diagnostic.self) { try JSONTree(parsing: Array(text.utf8)) }
    #expect(error?.position == SourcePosition(line: line, column: column))
    #expect(error?.found == found)
    #expect(error?.expected == expected)
  }

  @Test("bytes that are not UTF-8 are refused; a byte order mark is skipped")
  func encodings() throws {
    #expect(throws: Diagnostic.self) { try JSONTree(parsing: [34, 0xFF, 34]) }
    #expect(try JSONTree(parsing: [0xEF, 0xBB, 0xBF] + Array("[]".utf8)) == .list([]))
  }
}
