import FlowCore

/// A place in a model file, counted in lines and columns.
struct TemplateCursor {
  private let scalars: [Unicode.Scalar]
  private var index = 0
  private(set) var position = SourcePosition(line: 1, column: 1)

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  var peek: Unicode.Scalar? { peek(0) }

  func peek(_ distance: Int) -> Unicode.Scalar? { index + distance < scalars.count ? scalars[index + distance] : nil }

  mutating func take() -> Unicode.Scalar? {
    guard let scalar = peek else { return nil }
    index += 1
    position = scalar == "\n" ? SourcePosition(line: position.line + 1, column: 1) : SourcePosition(line: position.line, column: position.column + 1)
    return scalar
  }

  mutating func skip(_ count: Int) { for _ in 0..<count { _ = take() } }

  mutating func skipToEnd() { while take() != nil {} }

  // MARK: Words of a call

  /// The words up to a mark's end.
  struct Tokens {
    var list: [TemplateToken] = []
    /// The position of the mark's end.
    var end: SourcePosition
    /// A `-` before it takes away the white space after it.
    var trims = false
    /// The first character that cannot be read.
    var unreadable: (position: SourcePosition, found: String, expected: String)?
  }

  /// Reads up to and over the mark's end; nil if there is none, or another mark begins before it.
  mutating func tokens(until closing: String) -> Tokens? {
    var tokens = Tokens(end: position)
    let ending = Array(closing.unicodeScalars)
    while let scalar = peek {
      let isTrimming = scalar == "-"
      let offset = isTrimming ? 1 : 0
      if peek(offset) == ending[0], peek(offset + 1) == ending[1] {
        tokens.end = position
        tokens.trims = isTrimming
        skip(2 + offset)
        return tokens
      }
      if scalar == "{", let next = peek(1), ["{", "%", "#"].contains(next) { return nil }
      read(into: &tokens)
    }
    return nil
  }

  private mutating func read(into tokens: inout Tokens) {
    let start = position
    guard let scalar = take() else { return }
    switch scalar {
    case "(", ")", ",", "=", "[", "]": tokens.list.append(TemplateToken(value: .symbol(scalar), position: start))
    case "'", "\"":
      guard let text = quoted(by: scalar) else {
        tokens.unreadable = tokens.unreadable ?? (start, "a text is not closed", "\(scalar) at its end")
        return
      }
      tokens.list.append(TemplateToken(value: .text(text), position: start))
    case _ where scalar.properties.isWhitespace: break
    case _ where scalar == "_" || scalar.properties.isAlphabetic:
      var name = String.UnicodeScalarView([scalar])
      while let next = peek, next == "_" || next.properties.isAlphabetic || next.properties.numericType != nil { name.append(take() ?? next) }
      tokens.list.append(TemplateToken(value: .name(String(name)), position: start))
    default:
      tokens.unreadable = tokens.unreadable ?? (start, "'\(Self.shown(scalar))' stands in a call", "names, texts in quotes, and ( ) [ ] , =")
    }
  }

  private static func shown(_ scalar: Unicode.Scalar) -> String {
    scalar.properties.generalCategory == .control ? UnseenCharacter.code(of: scalar) : String(scalar)
  }

  /// The rest of a text whose quote has been taken; nil without an end on the line. Python's `\'`, `\"` and `\\` are taken for the character.
  private mutating func quoted(by quote: Unicode.Scalar) -> String? {
    var text = String.UnicodeScalarView()
    while let scalar = peek, scalar != "\n" {
      _ = take()
      if scalar == quote { return String(text) }
      if scalar == "\\", let next = peek, next == quote || next == "\\" { text.append(take() ?? next) } else { text.append(scalar) }
    }
    return nil
  }
}

/// A word between the marks of a model file.
struct TemplateToken: Equatable {
  enum Value: Equatable {
    case name(String)
    case text(String)
    case symbol(Unicode.Scalar)
  }

  var value: Value
  var position: SourcePosition

  /// For messages.
  var shown: String {
    switch value {
    case .name(let name): "'\(name)'"
    case .text(let text): "the text '\(text)'"
    case .symbol(let symbol): "'\(symbol)'"
    }
  }
}
