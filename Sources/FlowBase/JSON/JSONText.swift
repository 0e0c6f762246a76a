/// The text form of JSON strings (RFC 8259 §7).
package enum JSONText {
  /// How control characters are escaped. `"` and `\` are always escaped, characters beyond ASCII never are.
  package enum Escapes: Sendable {
    /// `\n`, `\r`, `\t`; `\u001f` for the others.
    case common
    /// Jackson's style (Java): also `\b` and `\f`, and `\u001F` in capitals.
    case jackson
  }

  /// The text as a quoted JSON string.
  package static func quoted(_ text: String, escapes: Escapes = .common) -> String {
    String(decoding: quotedBytes(text, escapes: escapes), as: UTF8.self)
  }

  /// The text as a quoted JSON string, in UTF-8.
  package static func quotedBytes(_ text: String, escapes: Escapes = .common) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count + 2)
    write(text, to: &bytes, escapes: escapes)
    return bytes
  }

  /// Appends the text as a quoted JSON string.
  package static func write(_ text: String, to bytes: inout [UInt8], escapes: Escapes = .common) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      } else if byte >= 0x20 {
        bytes.append(byte)
      } else if let letter = letter(for: byte, escapes) {
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(letter)
      } else {
        bytes += "\\u00".utf8
        Hexadecimal.append(byte, to: &bytes, uppercase: escapes == .jackson)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// The letter of the two-character escape for a control character; nil if it needs `\u00XX`.
  private static func letter(for byte: UInt8, _ escapes: Escapes) -> UInt8? {
    switch (byte, escapes) {
    case (0x0A, _): UInt8(ascii: "n")
    case (0x0D, _): UInt8(ascii: "r")
    case (0x09, _): UInt8(ascii: "t")
    case (0x08, .jackson): UInt8(ascii: "b")
    case (0x0C, .jackson): UInt8(ascii: "f")
    default: nil
    }
  }
}
