import FlowCore
import StudyModel

/// Reads a name and its arguments from the words of a call.
struct CallReader {
  struct Word {
    var text: String
    var position: SourcePosition
  }

  struct Setting {
    var name: Word
    var values: [Word]
  }

  private let tokens: [TemplateToken]
  private let end: SourcePosition
  private var index = 0

  /// - Parameter end: the position of the mark's end, for messages.
  init(_ tokens: [TemplateToken], end: SourcePosition) {
    self.tokens = tokens
    self.end = end
  }

  var isAtEnd: Bool { index == tokens.count }

  /// Where the call begins.
  var start: SourcePosition { tokens.first?.position ?? end }

  /// What stands in the place of something expected.
  func mismatch(_ expected: String) -> Diagnostic {
    let token = index < tokens.count ? tokens[index] : nil
    return Diagnostic(.modelSyntax, position: token?.position ?? end, found: "found \(token?.shown ?? "the end of the call")", expected: expected)
  }

  mutating func name() -> Word? {
    guard index < tokens.count, case .name(let text) = tokens[index].value else { return nil }
    defer { index += 1 }
    return Word(text: text, position: tokens[index].position)
  }

  /// `('a', 'b')`; nil where it is not, at the word that does not fit.
  mutating func texts() -> [Word]? { take("(") ? list(until: ")") : nil }

  /// `(name='a', other=['b', 'c'])`
  mutating func settings() -> [Setting]? {
    guard take("(") else { return nil }
    var settings: [Setting] = []
    while !take(")") {
      guard settings.isEmpty || take(",") else { return nil }
      // A comma may stand after the last one.
      if !settings.isEmpty, take(")") { break }
      guard let name = name(), take("="), let values = take("[") ? list(until: "]") : text().map({ [$0] }) else { return nil }
      settings.append(Setting(name: name, values: values))
    }
    return settings
  }

  private mutating func list(until closing: Unicode.Scalar) -> [Word]? {
    var words: [Word] = []
    while !take(closing) {
      guard words.isEmpty || take(",") else { return nil }
      if !words.isEmpty, take(closing) { break }
      guard let word = text() else { return nil }
      words.append(word)
    }
    return words
  }

  private mutating func text() -> Word? {
    guard index < tokens.count, case .text(let text) = tokens[index].value else { return nil }
    defer { index += 1 }
    return Word(text: text, position: tokens[index].position)
  }

  private mutating func take(_ symbol: Unicode.Scalar) -> Bool {
    guard index < tokens.count, tokens[index].value == .symbol(symbol) else { return false }
    index += 1
    return true
  }
}
