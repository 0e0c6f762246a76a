@testable import FlowParquet
import Testing

/// Bounds of texts: readers skip what is not between them.
@Suite("Bounds of texts")
struct TextBoundsTests {
  private static func bounds(_ texts: [String]) -> ValueBounds {
    var list = TextRuns()
    for text in texts { list.append(text) }
    var bounds = TextBounds()
    bounds.note(list)
    return bounds.bounds
  }

  @Test("short texts are bounds themselves, in the order of their bytes")
  func short() {
    let bounds = Self.bounds(["b", "a", "", "é", "z"])
    #expect(bounds == ValueBounds(least: [], largest: Array("é".utf8)))
    #expect(Self.bounds([]) == ValueBounds())
  }

  @Test("a long text has a bound of whole scalars that is before or after it", arguments: [
    (String(repeating: "a", count: 100), String(repeating: "a", count: 64), String(repeating: "a", count: 63) + "b"),
    // 63 bytes are 31 scalars and a half.
    ("a" + String(repeating: "é", count: 40), "a" + String(repeating: "é", count: 31), "a" + String(repeating: "é", count: 30) + "ê"),
    (String(repeating: "a", count: 61) + "\u{D7FF}zz", String(repeating: "a", count: 61) + "\u{D7FF}", String(repeating: "a", count: 61) + "\u{E000}"),
    ("a" + String(repeating: "\u{10FFFF}", count: 20), "a" + String(repeating: "\u{10FFFF}", count: 15), "b"),
    (String(repeating: "\u{10FFFF}", count: 20), String(repeating: "\u{10FFFF}", count: 16), nil),
  ] as [(String, String, String?)])
  func long(_ text: String, _ least: String, _ largest: String?) {
    let bounds = Self.bounds([text])
    #expect(
      bounds == ValueBounds(least: Array(least.utf8), largest: largest.map { Array($0.utf8) }, isLeastExact: false, isLargestExact: false))
  }
}
