import FlowCore

/// Decoding of a table file, and detection of other encodings and separators.
enum TableText {
  /// Throws `Diagnostics` with position and likely encoding if the file is not UTF-8.
  static func decode(_ bytes: [UInt8], file: String) throws(Diagnostics) -> String {
    if let encoding = otherEncoding(bytes) {
      throw Diagnostics([
        Diagnostic(
          .enrolmentTable, file: file, position: SourcePosition(line: 1, column: 1), found: "the file is in \(encoding)", expected: "a CSV file in UTF-8",
          hint: "save it as \"CSV UTF-8 (comma delimited)\"")
      ])
    }
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    let (position, byte) = firstBroken(bytes)
    throw Diagnostics([
      Diagnostic(
        .enrolmentTable, file: file, position: position, found: "the byte 0x\(String(byte, radix: 16, uppercase: true)) is not UTF-8", expected: "a CSV file in UTF-8",
        hint: "save it as \"CSV UTF-8 (comma delimited)\"")
    ])
  }

  /// Recognised by the byte order mark of another encoding, or by zeros in every other one of the first bytes.
  private static func otherEncoding(_ bytes: [UInt8]) -> String? {
    let start = Array(bytes.prefix(4))
    if start.starts(with: [0xFF, 0xFE, 0, 0]) || start == [0, 0, 0xFE, 0xFF] { return "UTF-32" }
    if start.starts(with: [0xFF, 0xFE]) { return "UTF-16 (byte order mark FF FE)" }
    if start.starts(with: [0xFE, 0xFF]) { return "UTF-16 (byte order mark FE FF)" }
    guard start.count == 4, (start[0] == 0) != (start[1] == 0), (start[0] == 0) == (start[2] == 0), (start[1] == 0) == (start[3] == 0) else { return nil }
    return "UTF-16 (without a byte order mark)"
  }

  private static func firstBroken(_ bytes: [UInt8]) -> (SourcePosition, UInt8) {
    var position = SourcePosition(line: 1, column: 1)
    var rest = bytes[...]
    while let byte = rest.first {
      let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
      guard String(validating: rest.prefix(length), as: UTF8.self) != nil else { return (position, byte) }
      let endsLine = byte == UInt8(ascii: "\n")
      position = endsLine ? SourcePosition(line: position.line + 1, column: 1) : SourcePosition(line: position.line, column: position.column + 1)
      rest = rest.dropFirst(length)
    }
    return (position, bytes.last ?? 0)
  }

  /// The character that separates the columns of the first line instead of a comma; nil if there is a comma or no such
  /// character.
  static func otherSeparator(_ text: String) -> UnseenCharacter? {
    let line = text.unicodeScalars.prefix { $0 != "\n" && $0 != "\r" }
    guard !line.contains(",") else { return nil }
    let separators: Set<Unicode.Scalar> = [";", "\t", "|", ":", "\u{FF0C}", "\u{3001}", "\u{FF1B}", "\u{060C}"]
    return line.enumerated().first { separators.contains($0.element) }.map { UnseenCharacter(scalar: $0.element, offset: $0.offset) }
  }
}

extension CSVTable {
  /// Invisible and look-alike characters in the fields, each with its position.
  func unseenProblems(file: String) -> [Diagnostic] {
    records.flatMap { record in
      record.compactMap { field -> Diagnostic? in
        let scalars = field.text.unicodeScalars
        if let hidden = UnseenCharacter.hidden(in: scalars).first {
          return Diagnostic(
            .enrolmentTable, file: file, position: field.position(of: hidden), found: "the field holds \(hidden.words), which is invisible",
            expected: "letters, digits and signs", hint: "delete it, or type the value again")
        }
        guard let other = UnseenCharacter.lookAlike(in: scalars) else { return nil }
        return Diagnostic(
          .enrolmentTable, file: file, position: field.position(of: other), found: "the field holds \(other.words)", expected: "a character of plain ASCII",
          hint: "type it again: a word processor or another keyboard put it there")
      }
    }
  }
}

extension CSVTable.Field {
  /// Exact unless doubled quotes or line breaks precede the character.
  fileprivate func position(of character: UnseenCharacter) -> SourcePosition {
    SourcePosition(line: position.line, column: position.column + (isQuoted ? 1 : 0) + character.offset)
  }
}
