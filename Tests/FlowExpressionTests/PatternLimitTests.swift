import FlowPatterns
import Testing

@Suite("A regular expression that takes too many steps")
struct PatternLimitTests {
  @Test("is an error, and never a text without a match", arguments: [
    ("(a+)+$", String(repeating: "a", count: 64) + "!"), (#"(?:[^"\\]|\\.)*""#, String(repeating: "x", count: 600_000)),
  ])
  func error(_ pattern: String, _ text: String) throws {
    let pattern = try JavaPattern(pattern)
    for search in [{ try pattern.matches(text) }, { try pattern.finds(in: text) }, { try !pattern.matches(in: text).isEmpty }] as [() throws -> Bool] {
      let problem = #expect(throws: PatternProblem.self) { _ = try search() }
      #expect(problem?.message.hasSuffix("takes too many steps for a text of \(text.utf16.count) characters; expected a simpler regular expression or a shorter text") == true)
    }
  }

  @Test("is not one that has much to find")
  func many() throws {
    let text = String(repeating: "ab", count: 500_000)
    #expect(try JavaPattern("a").matches(in: text).count == 500_000)
    #expect(try JavaPattern("[ab]*").matches(text) && JavaPattern("b$").finds(in: text))
  }

  @Test("a whole match needs no line break at the end, whatever the pattern has in it; one after an open comment does not count", arguments: [
    ("(?s).*#export.*", "a#export 1", true), ("(?x) a # b", "a", true), ("(?x) a # b", "ab", false), ("a#(?:x)", "a#x", true), ("a#(?:x)", "a#x\n", false),
  ])
  func whole(_ pattern: String, _ text: String, _ isMatch: Bool) throws { #expect(try JavaPattern(pattern).matches(text) == isMatch) }
}
