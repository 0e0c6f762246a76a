/// Rewrites a Java regular expression where ICU would read the same letters differently:
/// `\d`, `\w`, `\s`, their opposites and the POSIX classes mean ASCII in Java, and Java has flags ICU does not know.
enum JavaPatternTranslator {
  static func translate(_ pattern: String) -> String {
    var rewriter = Rewriter(scalars: Array(pattern.unicodeScalars))
    return rewriter.rewrite()
  }

  private static let shorthands: [Unicode.Scalar: String] = [
    "d": "0-9", "w": "a-zA-Z_0-9", "s": " \\t\\n\\x0B\\f\\r",
  ]

  private static let posix: [String: String] = [
    "Lower": "a-z", "Upper": "A-Z", "ASCII": "\\x00-\\x7F", "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9",
    "Punct": "!-/:-@\\[-`{-~", "Graph": "!-~", "Print": "\\x20-~", "Blank": " \\t", "Cntrl": "\\x00-\\x1F\\x7F",
    "XDigit": "0-9a-fA-F", "Space": " \\t\\n\\x0B\\f\\r",
  ]

  private struct Rewriter {
    let scalars: [Unicode.Scalar]
    var position = 0
    var result = ""
    /// How many `[` are open.
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
          // `[]a]` and `[^]a]` begin with a bracket that is meant.
          if peek == "^" { take() }
        case "]":
          depth = max(0, depth - 1)
          take()
        case "(" where depth == 0: group()
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
      } else {
        take()
        take()
      }
    }

    private mutating func replace(_ length: Int, with text: String) {
      result += text
      position += length
    }

    /// `\Q…\E` is taken as it is.
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
        while position < end + 1 { take() }
      }
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

    /// `(?flags)` and `(?flags:` without the flags `d`, `u`, `U`.
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
