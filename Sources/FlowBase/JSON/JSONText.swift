/// The text form of JSON strings (RFC 8259 §7).
package enum JSONText {
  /// How control characters are escaped. `"` and `\` are always escaped, characters beyond ASCII never are.
  package enum Escapes: Sendable {
    /// `\n`, `\r`, `\t`; `\u001f` for the others.
    case common
    /// Jackson's style (Java): also `\b` and `\f`, and `\u001F` in capitals.
    case jackson
  }

  /// Whether the text is a number as JSON writes one (RFC 8259 §6): no leading zero, no plus sign.
  package static func isNumber(_ text: some Collection<UInt8>) -> Bool {
    var rest = text[...]
    func takeDigits() -> Int {
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      rest = rest[digits.endIndex...]
      return digits.count
    }
    func take(_ characters: String) -> Bool {
      guard let first = rest.first, characters.utf8.contains(first) else { return false }
      rest = rest.dropFirst()
      return true
    }
    _ = take("-")
    let hasZero = rest.first == UInt8(ascii: "0"), whole = takeDigits()
    guard whole > 0, !(hasZero && whole > 1) else { return false }
    if take("."), takeDigits() == 0 { return false }
    if take("eE") {
      _ = take("+-")
      guard takeDigits() > 0 else { return false }
    }
    return rest.isEmpty
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
    var text = text
    text.withUTF8 { write(utf8: $0, to: &bytes, escapes: escapes) }
  }

  /// Appends a text in UTF-8 as a quoted JSON string.
  package static func write(utf8 text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8], escapes: Escapes = .common) {
    bytes.append(UInt8(ascii: "\""))
    let forms = forms(escapes)
    if !text.contains(where: { forms[Int($0)] > 0xFF }) {
      bytes.append(contentsOf: text)
    } else if !writeShort(text, forms, to: &bytes) {
      // A control character takes six bytes at most.
      bytes += [UInt8](unsafeUninitializedCapacity: 6 * text.count) { room, count in
        guard let start = room.baseAddress else { return }
        var place = start
        for byte in text { write(byte, at: &place, escapes) }
        count = place - start
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Bodies of responses are kept as JSON strings, so this loop is hot: it has no branch, and room for two bytes each.
  /// - Returns: false, with nothing written, if a byte takes more than two.
  private static func writeShort(_ text: UnsafeBufferPointer<UInt8>, _ forms: [UInt16], to bytes: inout [UInt8]) -> Bool {
    var all: UInt16 = 0
    let written = [UInt8](unsafeUninitializedCapacity: 2 * text.count) { room, count in
      guard let start = room.baseAddress else { return }
      var place = start
      forms.withUnsafeBufferPointer { forms in
        for byte in text {
          let form = forms[Int(byte)]
          all |= form
          place.pointee = UInt8(ascii: "\\")
          place += Int(form >> 8 & 1)
          place.pointee = UInt8(truncatingIfNeeded: form)
          place += 1
        }
      }
      count = place - start
    }
    guard all & Self.isLong == 0 else { return false }
    bytes += written
    return true
  }

  private static let isEscaped: UInt16 = 0x100
  private static let isLong: UInt16 = 0x200
  private static let commonForms = makeForms(.common)
  private static let jacksonForms = makeForms(.jackson)

  /// How each byte is written: itself, or the letter of its escape with `isEscaped`, or `isLong`.
  private static func forms(_ escapes: Escapes) -> [UInt16] { escapes == .common ? commonForms : jacksonForms }

  private static func makeForms(_ escapes: Escapes) -> [UInt16] {
    (UInt8.min...UInt8.max).map { byte in
      if byte >= 0x20 { return UInt16(byte) | (isMark(byte) ? isEscaped : 0) }
      return letter(for: byte, escapes).map { UInt16($0) | isEscaped } ?? isLong
    }
  }

  private static func isMark(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") }

  /// Writes the byte, escaped where it must be, and moves the place behind it; there is room for six bytes.
  @inline(__always)
  private static func write(_ byte: UInt8, at place: inout UnsafeMutablePointer<UInt8>, _ escapes: Escapes) {
    func put(_ byte: UInt8) {
      place.pointee = byte
      place += 1
    }
    if byte >= 0x20 {
      if isMark(byte) { put(UInt8(ascii: "\\")) }
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
