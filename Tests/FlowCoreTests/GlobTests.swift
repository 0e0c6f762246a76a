import FlowCore
import FlowTesting
import Testing

@Suite("A shell pattern")
struct GlobTests {
  @Test("matches as in a shell", arguments: [
    ("P000[12]", ["P0001", "P0002"], ["P0003", "P000[12]", "P000"]), ("P[0-9]*", ["P1", "P1x"], ["Px", "P"]), ("[a-z]?", ["ab", "zz"], ["a", "Ab", "1b"]),
    ("[!x]", ["y", "!"], ["x", ""]), ("[^x]", ["y", "^"], ["x"]), ("[!a-c]*", ["d", "dab"], ["a", "bd", ""]), ("[]]", ["]"], ["[", ""]), ("[]a]b", ["]b", "ab"], ["b"]), ("[!]]", ["a"], ["]"]),
    ("[a-]", ["a", "-"], ["b"]), ("[-a]", ["a", "-"], ["b"]), ("[z-a]", [], ["z", "a", "m"]), ("[a-c-e]", ["b", "-", "e"], ["d"]), ("[[]", ["["], ["]"]), ("[*?]", ["*", "?"], ["a"]),
    ("[", ["["], [""]), ("[ab", ["[ab"], ["a"]), ("a[", ["a["], ["a"]), ("[]", ["[]"], [""]), ("[!", ["[!"], ["a"]), ("[!]", ["[!]"], ["a"]), ("*[ab]", ["a", "xxb", "ab"], ["abc", ""]),
    ("*[0-9].csv", ["a1.csv", "1.1.csv"], ["a.csv"]), ("[ä-ü]", ["ö"], ["a"]), ("a]", ["a]"], ["a"]), ("*", ["", "[x]"], []), ("?", ["[", "é"], ["", "ab"]), ("", [""], ["a"]), ("a**b", ["ab", "axb"], ["a"]),
  ])
  func table(_ pattern: String, _ matching: [String], _ others: [String]) {
    #expect(matching.filter { !Glob.matches($0, pattern: pattern) } == [] && others.filter { Glob.matches($0, pattern: pattern) } == [])
  }

  @Test("has no brackets where they are text")
  func brackets() {
    #expect(Glob.matches("row [12] of 3", pattern: "row [12] of ?", readsBrackets: false) && !Glob.matches("row 1", pattern: "row [12]", readsBrackets: false))
  }

  /// The definition, which tries every way.
  private func matches(_ text: Substring, _ pattern: Substring) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    let rest = pattern.dropFirst()
    if first == "*" { return matches(text, rest) || !text.isEmpty && matches(text.dropFirst(), pattern) }
    guard let character = text.first else { return false }
    if first == "[" {
      let isExcluding = rest.first == "!", members = isExcluding ? rest.dropFirst() : rest
      guard let end = members.dropFirst().firstIndex(of: "]") else { return character == "[" && matches(text.dropFirst(), rest) }
      return members[..<end].contains(character) != isExcluding && matches(text.dropFirst(), pattern[pattern.index(after: end)...])
    }
    return (first == "?" || first == character) && matches(text.dropFirst(), rest)
  }

  @Test("matches what the definition says", arguments: Seeds.chosen(usual: 20))
  func definition(_ seed: UInt64) {
    let random = SeededRandomSource(seed: seed)
    func text(_ alphabet: [Character], _ length: UInt64) -> String {
      String((0..<random.next() % length).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] })
    }
    for _ in 0..<300 {
      // Without ranges, which the definition here leaves out.
      let pattern = text(["a", "b", "*", "?", "[", "]", "!", "["], 9), name = text(["a", "b", "[", "]", "!"], 6)
      #expect(Glob.matches(name, pattern: pattern) == matches(name[...], pattern[...]), "'\(pattern)' and '\(name)', seed \(seed)")
    }
  }
}
