/// A token of an expression with its offset in the user's text.
struct Token {
  enum Kind {
    case dollar, leftBrace, rightBrace, leftParenthesis, rightParenthesis, colon, comma
    /// `#{` up to the closing brace: the name of a parameter.
    case parameter(String)
    case whole(String)
    case decimal(String)
    /// A quoted text, unescaped.
    case quoted(PlacedText)
    case name(String)
    case end
  }

  let kind: Kind
  let offset: Int
  /// The token as written.
  let spelling: String
}

/// Splits an expression into tokens.
struct Lexer {
  private let source: PlacedText
  private var position = 0

  init(_ source: PlacedText) {
    self.source = source
  }

  /// The next token, after white space and comments.
  mutating func next() throws(ExpressionProblem) -> Token {
    skipBlanks()
    guard position < source.count else { return token(.end, from: position) }
    let start = position
    let scalar = source[position]
    if let kind = Lexer.marks[scalar] {
      position += 1
      return token(kind, from: start)
    }
    if scalar == "#", position + 1 < source.count, source[position + 1] == "{" { return try parameter() }
    if scalar == "'" || scalar == "\"" { return try quoted() }
    return try word()
  }

  private static let marks: [Unicode.Scalar: Token.Kind] = [
    "$": .dollar, "{": .leftBrace, "}": .rightBrace, "(": .leftParenthesis, ")": .rightParenthesis, ":": .colon,
    ",": .comma,
  ]

  /// The characters that end an unquoted name.
  private static let separators = Set<Unicode.Scalar>("${}()[],:;/*' \t\r\n".unicodeScalars)

  private func token(_ kind: Token.Kind, from start: Int) -> Token {
    Token(kind: kind, offset: source.offset(at: start), spelling: source.string(start..<position))
  }

  private mutating func skipBlanks() {
    while position < source.count {
      switch source[position] {
      case " ", "\t", "\n", "\r": position += 1
      case "#":
        // Without a line end, it is not a comment but part of a name.
        guard position + 1 < source.count, source[position + 1] != "{",
          let end = source.scalars[position...].firstIndex(of: "\n")
        else { return }
        position = end + 1
      default: return
      }
    }
  }

  private mutating func parameter() throws(ExpressionProblem) -> Token {
    let start = position
    guard let end = source.scalars[position...].firstIndex(of: "}") else {
      throw ExpressionProblem(
        offset: source.offset(at: start), found: "'#{' without its '}'", expected: "the name of a parameter and '}'")
    }
    position = end + 1
    return token(.parameter(ParameterReferences.name(source.string((start + 2)..<end))), from: start)
  }

  private mutating func quoted() throws(ExpressionProblem) -> Token {
    let start = position
    let quote = source[start]
    var value = PlacedText(at: source.offset(at: start + 1))
    position += 1
    while position < source.count {
      let scalar = source[position]
      switch scalar {
      case quote:
        position += 1
        return token(.quoted(value), from: start)
      case "\n", "\r", "\t":
        throw ExpressionProblem(
          offset: source.offset(at: position), found: "a line break or tab inside a quoted text",
          expected: "\\n, \\r or \\t in its place")
      case "\\": unescape(into: &value)
      default:
        value.append(source[position..<(position + 1)])
        position += 1
      }
    }
    throw ExpressionProblem(
      offset: source.offset(at: start), found: "an unterminated quoted text", expected: "another \(quote)")
  }

  /// Unescapes a backslash and the next character; an unknown escape keeps its backslash.
  private mutating func unescape(into value: inout PlacedText) {
    let start = position
    position += 1
    guard position < source.count else {
      value.append(source[start..<position])
      return
    }
    let escaped: Unicode.Scalar
    switch source[position] {
    case "n": escaped = "\n"
    case "r": escaped = "\r"
    case "t": escaped = "\t"
    case "\"", "'", "\\": escaped = source[position]
    default:
      position += 1
      value.append(source[start..<position])
      return
    }
    position += 1
    value.append(escaped, at: source.offset(at: start), endingAt: source.offset(at: position))
  }

  /// A number or a name, whichever is longer.
  private mutating func word() throws(ExpressionProblem) -> Token {
    let start = position
    let rest = source.scalars[start...].prefix { !Lexer.separators.contains($0) }
    let (numberLength, isDecimal) = Lexer.numberLength(source.scalars[start...])
    let startsWithDigit = ("0"..."9").contains(source[start])
    if numberLength > 0, startsWithDigit || numberLength >= rest.count {
      position += numberLength
      let digits = source.string(start..<position)
      return token(isDecimal ? .decimal(digits) : .whole(digits), from: start)
    }
    guard !rest.isEmpty else {
      throw ExpressionProblem(
        offset: source.offset(at: start), found: "'\(source[start])'", expected: "an attribute, a function or '}'",
        hint: "put a name with this character in quotes")
    }
    position += rest.count
    return token(.name(source.string(start..<position)), from: start)
  }

  /// The length of the number at the start of the text; 0 if there is none.
  private static func numberLength(_ text: ArraySlice<Unicode.Scalar>) -> (length: Int, isDecimal: Bool) {
    var position = text.startIndex
    func digits() -> Int { text[position...].prefix { ("0"..."9").contains($0) }.count }
    func at(_ scalars: Unicode.Scalar...) -> Bool { position < text.endIndex && scalars.contains(text[position]) }
    if at("+", "-") { position += 1 }
    let whole = digits()
    position += whole
    var isDecimal = false
    if at(".") {
      position += 1
      let fraction = digits()
      if whole == 0, fraction == 0 { return (0, false) }
      position += fraction
      isDecimal = true
    } else if whole == 0 {
      return (0, false)
    }
    let mantissaEnd = position
    if at("e", "E") {
      position += 1
      if at("+", "-") { position += 1 }
      let exponent = digits()
      position = exponent > 0 ? position + exponent : mantissaEnd
      isDecimal = isDecimal || exponent > 0
    }
    return (position - text.startIndex, isDecimal)
  }
}
