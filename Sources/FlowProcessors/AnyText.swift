import FlowPatterns

extension JavaPattern {
  /// Whether each match of it in a text that is not empty is known without the text: the whole of it, and for some the empty text behind it. So of
  /// `(?s)(^.*$)`, `(?s:^.*$)`, `(?s).*` and `[\s\S]+`; false for all that do not look like these.
  var matchesAnyText: Bool {
    var rest = Substring(text), seesLineEnds = false
    func unwrap(_ opening: String) -> Bool {
      guard rest.hasPrefix(opening), rest.hasSuffix(")"), !rest.dropFirst(opening.count).dropLast().contains(where: { "()|".contains($0) }) else { return false }
      rest = rest.dropFirst(opening.count).dropLast()
      return true
    }
    if rest.hasPrefix("(?s)") {
      seesLineEnds = true
      rest = rest.dropFirst(4)
    } else if unwrap("(?s:") {
      seesLineEnds = true
    }
    func unanchor() {
      if rest.hasPrefix("^") { rest = rest.dropFirst() }
      if rest.hasSuffix("$") { rest = rest.dropLast() }
    }
    unanchor()
    if unwrap("(?:") || unwrap("(") { unanchor() }
    guard let last = rest.last, last == "*" || last == "+" else { return false }
    return Self.anyCharacter.contains(String(rest.dropLast())) || rest.dropLast() == "." && seesLineEnds
  }

  private static let anyCharacter: Set<String> = [#"[\s\S]"#, #"[\S\s]"#, #"[\w\W]"#, #"[\W\w]"#, #"[\d\D]"#, #"[\D\d]"#]
}
