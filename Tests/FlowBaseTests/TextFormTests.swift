import FlowBase
import Foundation
import Testing

@Suite("Text forms: hexadecimal, percent-encoding, JSON strings")
struct TextFormTests {
  @Test("bytes have two hexadecimal digits each, numbers the requested width")
  func hexadecimal() {
    #expect(Hexadecimal.text([0, 10, 255] as [UInt8]) == "000aff")
    #expect(Hexadecimal.text([0, 10, 255] as [UInt8], uppercase: true) == "000AFF")
    #expect(Hexadecimal.text(UInt16(0xBEEF), width: 4) == "beef")
    #expect(Hexadecimal.text(UInt32(0x1F600), width: 4, uppercase: true) == "1F600", "a wider number is not cut")
    #expect(Hexadecimal.text(UInt64(7), width: 16) == "0000000000000007")
  }

  @Test(
    "hexadecimal digits of either case are parsed, and nothing else",
    arguments: [("00ff", [0, 255]), ("aBcD", [0xAB, 0xCD]), ("", []), ("abc", nil), ("0g", nil), ("+1", nil), ("٠٠", nil), (" 0f", nil)]
      as [(String, [UInt8]?)])
  func hexadecimalBytes(text: String, bytes: [UInt8]?) {
    #expect(Hexadecimal.bytes(text) == bytes)
  }

  @Test("a URL keeps the unreserved characters, a form those of HTML")
  func percent() {
    #expect(PercentEncoding.encode("a b&c=é-._~*") == "a%20b%26c%3D%C3%A9-._~%2A")
    #expect(PercentEncoding.encode("a/é", uppercase: false) == "a%2f%c3%a9")
    #expect(PercentEncoding.encode([("scope", "a b"), ("x", "1")]) == "scope=a%20b&x=1")
    #expect(PercentEncoding.formEncoded("a b&c~.-*_") == "a+b%26c%7E.-*_")
    #expect(PercentEncoding.encoded("aé".utf8) == "%61%C3%A9")
  }

  @Test("form encoding round-trips; a '%' without two digits is rejected", arguments: [("a+b%26c", "a b&c"), ("%C3%a9", "é"), ("%4", nil), ("%zz", nil)] as [(String, String?)])
  func form(text: String, read: String?) {
    #expect(PercentEncoding.formDecoded(text).map { String(decoding: $0, as: UTF8.self) } == read)
  }

  @Test("every JSON string round-trips, with either escape of control characters")
  func json() {
    #expect(JSONText.quoted("a\"\\/é\n\u{1F}\u{8}") == #""a\"\\/é\n\u001f\u0008""#)
    #expect(JSONText.quoted("\u{1F}\u{8}\u{C}\t", escapes: .jackson) == #""\u001F\b\f\t""#)
    #expect(JSONText.quotedBytes("é") == Array("\"é\"".utf8))
  }

  @Test("every character of one byte alone, between others, and after what was there before is read as it was written", arguments: UInt8(0)...0x7F)
  func jsonCharacter(byte: UInt8) throws {
    let character = String(decoding: [byte], as: UTF8.self)
    for text in [character, "a\(character)é", "\"\(character)\\\(character)\n"] {
      for escapes in [JSONText.Escapes.common, .jackson] {
        var bytes = Array("[".utf8)
        JSONText.write(text, to: &bytes, escapes: escapes)
        bytes.append(UInt8(ascii: "]"))
        #expect(try JSONDecoder().decode([String].self, from: Data(bytes)) == [text])
      }
    }
  }

  @Test("division rounds down on both sides of zero", arguments: [(7, 3, 2, 1), (-7, 3, -3, 2), (-6, 3, -2, 0), (7, -3, -3, -2), (0, 5, 0, 0)] as [(Int64, Int64, Int64, Int64)])
  func floored(value: Int64, divisor: Int64, quotient: Int64, remainder: Int64) {
    #expect(value.floored(by: divisor) == (quotient, remainder))
    #expect(value.flooredDivision(by: divisor) == quotient && Int(value).flooredDivision(by: Int(divisor)) == Int(quotient))
  }
}
