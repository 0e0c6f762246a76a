/// Rewrites Java regular expressions where ICU's interpretation differs: `\d`, `\w`, `\s`, their negations and the
/// POSIX classes are ASCII-only in Java, and Java has flags that ICU lacks.
enum JavaPatternTranslator {
  static func translate(_ pattern: String) -> String {
    var rewriter = Rewriter(scalars: Array(pattern.unicodeScalars))
    return rewriter.rewrite()
  }

  private static let shorthands: [Unicode.Scalar: String] = [
    "d": "0-9", "w": "a-zA-Z_0-9", "s": " \\t\\n\\x0B\\f\\r",
  ]

  /// The letters of zero-width assertions after `\`.
  private static let assertions = Set<Unicode.Scalar>("bBAzZG".unicodeScalars)

  private static let posix: [String: String] = [
    "Lower": "a-z", "Upper": "A-Z", "ASCII": "\\x00-\\x7F", "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9",
    "Punct": "!-/:-@\\[-`{-~", "Graph": "!-~", "Print": "\\x20-~", "Blank": " \\t", "Cntrl": "\\x00-\\x1F\\x7F",
    "XDigit": "0-9a-fA-F", "Space": " \\t\\n\\x0B\\f\\r",
  ]

  private struct Rewriter {
    let scalars: [Unicode.Scalar]
    var position = 0
    var result = ""
    /// The nesting depth of `[`.
    var depth = 0

    init(scalars: [Unicode.Scalar]) {
      self.scalars = scalars
    }

    mutating func rewrite() -> String {
      while position < scalars.count {
        switch scalars[position] {
        case "\\": escape()
        case "[":
          depth += 1
          take()
          if peek == "^" { take() }
          // A bracket at the start of `[]a]` and `[^]a]` is literal.
          if peek == "]" { take() }
        case "]":
          depth = max(0, depth - 1)
          take()
        case "-" where depth > 0 && position + 1 < scalars.count && scalars[position + 1] == "-":
          // In Java, `--` is a range up to '-'; in ICU, it is a set difference.
          replace(2, with: "-\\-")
        case "(" where depth == 0: group()
        case "{" where depth == 0: repetition()
        case "}" where depth == 0: replace(1, with: "\\}")
        case "^" where depth == 0, "$" where depth == 0: assertion(1)
        default: take()
        }
      }
      return result
    }

    private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take() {
      result.unicodeScalars.append(scalars[position])
      position += 1
    }

    private mutating func escape() {
      guard position + 1 < scalars.count else { return take() }
      let letter = scalars[position + 1]
      if let set = shorthands[letter] {
        replace(2, with: depth > 0 ? set : "[\(set)]")
      } else if let set = shorthands[Unicode.Scalar(letter.value | 0x20) ?? letter], ("A"..."Z").contains(letter) {
        replace(2, with: "[^\(set)]")
      } else if letter == "Q" {
        quotation()
      } else if letter == "p" || letter == "P" {
        property(isNegated: letter == "P")
      } else if letter == "x" || letter == "N" {
        take()
        take()
        if peek == "{" { takeThroughBrace() }
      } else if depth == 0, JavaPatternTranslator.assertions.contains(letter) {
        assertion(2)
      } else {
        take()
        take()
      }
    }

    private mutating func replace(_ length: Int, with text: String) {
      result += text
      position += length
    }

    /// Copies `\Q…\E` unchanged.
    private mutating func quotation() {
      while position < scalars.count {
        if position + 1 < scalars.count, scalars[position] == "\\", scalars[position + 1] == "E" { break }
        take()
      }
      if position < scalars.count { take() }
      if position < scalars.count { take() }
    }

    private mutating func property(isNegated: Bool) {
      guard position + 2 < scalars.count, scalars[position + 2] == "{",
        let end = scalars[position...].firstIndex(of: "}")
      else {
        take()
        take()
        return
      }
      let name = String(String.UnicodeScalarView(scalars[(position + 3)..<end]))
      let length = end + 1 - position
      if let set = posix[name] {
        replace(length, with: isNegated ? "[^\(set)]" : depth > 0 ? set : "[\(set)]")
      } else if name.hasPrefix("java") || name.hasPrefix("Is") || name.hasPrefix("In") {
        replace(length, with: "\\\(isNegated ? "P" : "p"){\(icuProperty(name))}")
      } else {
        takeThroughBrace()
      }
    }

    private mutating func takeThroughBrace() {
      while position < scalars.count, scalars[position] != "}" { take() }
      if position < scalars.count { take() }
    }

    /// Copies `{2,3}` unchanged; ICU then rejects any other brace, as Java does.
    private mutating func repetition() {
      let body = scalars[(position + 1)...].prefix { ("0"..."9").contains($0) || $0 == "," }
      take()
      guard !body.isEmpty, position + body.count < scalars.count, scalars[position + body.count] == "}" else { return }
      takeThroughBrace()
    }

    /// A zero-width assertion; ICU requires a group around it if it is repeated.
    private mutating func assertion(_ length: Int) {
      let end = position + length
      guard end < scalars.count, "?*+{".unicodeScalars.contains(scalars[end]) else {
        for _ in 0..<length { take() }
        return
      }
      result += "(?:"
      for _ in 0..<length { take() }
      result += ")"
    }

    private func icuProperty(_ name: String) -> String {
      switch name {
      case "javaLowerCase": "Lowercase"
      case "javaUpperCase": "Uppercase"
      case "javaWhitespace": "White_Space"
      case _ where name.hasPrefix("In"): "Block=" + name.dropFirst(2)
      case _ where name.hasPrefix("Is"): String(name.dropFirst(2))
      default: name
      }
    }

    /// Copies `(?flags)` and `(?flags:` without the flags `d`, `u`, `U`.
    private mutating func group() {
      take()
      guard peek == "?" else { return }
      let flags = scalars[(position + 1)...].prefix { ("a"..."z").contains($0) || $0 == "U" || $0 == "-" }
      let end = position + 1 + flags.count
      guard !flags.isEmpty, end < scalars.count, scalars[end] == ")" || scalars[end] == ":" else { return }
      let kept = flags.filter { $0 != "d" && $0 != "u" && $0 != "U" }
      if kept.isEmpty, scalars[end] == ")" {
        result.removeLast()
        position = end + 1
      } else {
        result += "?" + String(String.UnicodeScalarView(kept))
        position = end
      }
    }
  }
}
