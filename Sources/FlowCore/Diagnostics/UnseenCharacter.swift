/// A character that is invisible or looks like another one: a no-break space, a typographic quote.
///
/// Editors, spreadsheets and web pages insert such characters. The value then looks right but is wrong, so the message
/// must name the character.
package struct UnseenCharacter: Hashable, Sendable {
  package var scalar: Unicode.Scalar
  /// In Unicode scalars from the start of the text.
  package var offset: Int

  package init(scalar: Unicode.Scalar, offset: Int) {
    self.scalar = scalar
    self.offset = offset
  }

  /// `a no-break space (U+00A0)`.
  package var words: String { UnseenCharacter.words(for: scalar) }

  /// The invisible characters. Joiners and variation selectors count only next to ASCII: in other scripts they belong
  /// to the text.
  package static func hidden(in text: some Collection<Unicode.Scalar>, lineBreaksAreText: Bool = false) -> [UnseenCharacter] {
    let scalars = Array(text)
    return scalars.indices.filter { index in
      let scalar = scalars[index]
      if lineBreaksAreText && (scalar == "\n" || scalar == "\r") { return false }
      guard isHidden(scalar) else { return false }
      return !isJoiner(scalar) || index == 0 || scalars[index - 1].isASCII
    }
    .map { UnseenCharacter(scalar: scalars[$0], offset: $0) }
  }

  /// The first character that looks like an ASCII character but is not: typographic quotes and dashes, full-width
  /// forms.
  package static func lookAlike(in text: some Collection<Unicode.Scalar>) -> UnseenCharacter? {
    for (offset, scalar) in text.enumerated() where isLookAlike(scalar) { return UnseenCharacter(scalar: scalar, offset: offset) }
    return nil
  }

  /// A quote that a word processor substitutes for `"` or `'`.
  package static func isTypographicQuote(_ scalar: Unicode.Scalar) -> Bool {
    (0x2018...0x201F).contains(scalar.value)
  }

  package static func words(for scalar: Unicode.Scalar) -> String {
    let name = name(of: scalar)
    let article = "aeiou".contains(name.first ?? "x") ? "an" : "a"
    return "\(article) \(name) (\(code(of: scalar)))"
  }

  /// `U+00A0`.
  package static func code(of scalar: Unicode.Scalar) -> String {
    "U+" + Hexadecimal.text(scalar.value, width: 4, uppercase: true)
  }

  private static func name(of scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x09: "tab"
    case 0x0A: "line break"
    case 0x0D: "carriage return"
    case 0xFEFF: "byte order mark"
    default: (scalar.properties.name ?? scalar.properties.nameAlias)?.lowercased() ?? "control character"
    }
  }

  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    // Nearly every character of a flow file. Unicode's tables are slow.
    if (0x20..<0x7F).contains(scalar.value) { return false }
    // Unicode classifies the braille blank as a symbol, but nobody can see it.
    if scalar.value == 0x2800 { return true }
    switch scalar.properties.generalCategory {
    case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator: return true
    default: return scalar.properties.isDefaultIgnorableCodePoint
    }
  }

  private static func isJoiner(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x200C, 0x200D, 0xFE00...0xFE0F, 0xE0100...0xE01EF: true
    default: false
    }
  }

  private static func isLookAlike(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x2010...0x2015, 0x2018...0x201F, 0x2212, 0x2236, 0xFF01...0xFF5E: true
    default: false
    }
  }
}
