import FlowCore
import Testing

@Suite("Invisible character")
struct UnseenCharacterTests {
  private func words(_ text: String) -> [String] { UnseenCharacter.hidden(in: text.unicodeScalars).map { "\($0.offset) \($0.words)" } }

  @Test(
    "is named with its number and place",
    arguments: [
      ("a\u{A0}b", "1 a no-break space (U+00A0)"), ("\u{FEFF}a", "0 a byte order mark (U+FEFF)"),
      ("ab\u{200B}", "2 a zero width space (U+200B)"), ("a\tb", "1 a tab (U+0009)"), ("a\r", "1 a carriage return (U+000D)"),
      ("a\n", "1 a line break (U+000A)"), ("a\u{202E}", "1 a right-to-left override (U+202E)"), ("a\u{AD}b", "1 a soft hyphen (U+00AD)"),
      ("a\u{3000}", "1 an ideographic space (U+3000)"), ("a\u{200D}b", "1 a zero width joiner (U+200D)"),
      ("a\u{2800}", "1 a braille pattern blank (U+2800)"), ("a\u{3164}", "1 a hangul filler (U+3164)"),
      ("a\u{2060}", "1 a word joiner (U+2060)"), ("a\u{2028}", "1 a line separator (U+2028)"),
    ])
  func named(text: String, expected: String) {
    #expect(words(text) == [expected])
  }

  @Test("is not one that belongs to its script", arguments: ["plain text", "Zoë Müller", "日本", "می\u{200C}خواهم", "❤\u{FE0F}", "a–b"])
  func visible(text: String) {
    #expect(words(text) == [])
  }

  @Test("that resembles another one is found too", arguments: [("2026–01–05", 4), ("“x”", 0), ("ａ", 0), ("a：b", 1), ("−5", 0)])
  func lookAlike(text: String, offset: Int) {
    #expect(UnseenCharacter.lookAlike(in: text.unicodeScalars)?.offset == offset)
  }
}
