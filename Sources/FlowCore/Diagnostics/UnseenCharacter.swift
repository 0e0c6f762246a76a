/// A character that a person cannot see in a text, or takes for another one: a no-break space, a typographic quote.
///
/// What an editor, a spreadsheet or a web page slips in makes a value wrong that looks right. A message has to name it.
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

  /// The characters that cannot be seen. Joiners and variation selectors count only beside plain ASCII: in other scripts they belong to
  /// their neighbours.
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

  /// The first character that looks like one of ASCII and is another: typographic quotes and dashes, full-width forms.
  package static func lookAlike(in text: some Collection<Unicode.Scalar>) -> UnseenCharacter? {
    for (offset, scalar) in text.enumerated() where isLookAlike(scalar) { return UnseenCharacter(scalar: scalar, offset: offset) }
    return nil
  }

  /// A quote that a word processor puts for `"` or `'`.
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
    if scalar == " " { return false }
    // The braille blank is a symbol to Unicode and nothing to the eye.
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
