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
    var text = text
    text.withUTF8 { utf8 in
      // Bodies of responses are kept as JSON strings, so this is a hot loop: the room is counted first, so that no byte asks for its own.
      let width = utf8.reduce(0) { $0 &+ self.width(of: $1, escapes) }
      if width == utf8.count {
        bytes.append(contentsOf: utf8)
      } else {
        bytes += [UInt8](unsafeUninitializedCapacity: width) { room, count in
          guard var place = room.baseAddress else { return }
          for byte in utf8 { write(byte, at: &place, escapes) }
          count = width
        }
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// The number of bytes that a byte of a text takes in its string.
  @inline(__always)
  private static func width(of byte: UInt8, _ escapes: Escapes) -> Int {
    if byte >= 0x20 { return byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") ? 2 : 1 }
    return letter(for: byte, escapes) == nil ? 6 : 2
  }

  /// Writes the byte, escaped where it must be, and moves the place behind it; there is room for `width(of:_:)` bytes.
  @inline(__always)
  private static func write(_ byte: UInt8, at place: inout UnsafeMutablePointer<UInt8>, _ escapes: Escapes) {
    func put(_ byte: UInt8) {
      place.pointee = byte
      place += 1
    }
    if byte >= 0x20 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { put(UInt8(ascii: "\\")) }
      put(byte)
    } else {
      put(UInt8(ascii: "\\"))
      if let letter = letter(for: byte, escapes) {
        put(letter)
      } else {
        put(UInt8(ascii: "u"))
        put(UInt8(ascii: "0"))
        put(UInt8(ascii: "0"))
        put(Hexadecimal.character(byte >> 4, uppercase: escapes == .jackson))
        put(Hexadecimal.character(byte & 15, uppercase: escapes == .jackson))
      }
    }
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
