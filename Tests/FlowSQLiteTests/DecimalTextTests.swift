import Testing

@testable import FlowSQLite

@Suite("Numbers in decimal notation")
struct DecimalTextTests {
  @Test("notations of one value are equal", arguments: [
    ["1.10", "1.1", "+1.1", "11e-1", "0.11E1", " 1.1\n"], ["100000", "1E5", "1e+5", "100000.0"], ["0", "-0", "0.000", "0e99"], [".5", "0.5"], ["5.", "5"],
    ["-12345678901234567890", "-1234567890123456789e1"], ["1e99999999999999999999", "1e1000000"],
  ])
  func equal(_ texts: [String]) { for text in texts { #expect(DecimalText(text) == DecimalText(texts[0]), "\(text)") } }

  @Test("different values are not", arguments: [("1.1", "1.11"), ("1", "-1"), ("12345678901234567890", "1.2345678901234567e19"), ("1e400", "1e401"), ("10", "1")])
  func different(_ one: String, _ other: String) {
    #expect(DecimalText(one) != nil && DecimalText(other) != nil)
    #expect(DecimalText(one) != DecimalText(other))
  }

  @Test("anything else is no number", arguments: ["", " ", ".", "e5", "1e", "1e+", "0x10", "Infinity", "NaN", "1 2", "1.2.3", "--1", "2026-01-05", "1\u{0}"])
  func none(_ text: String) { #expect(DecimalText(text) == nil) }
}
