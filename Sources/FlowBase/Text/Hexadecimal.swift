/// Hexadecimal encoding and decoding of bytes and numbers.
package enum Hexadecimal {
  /// Two digits per byte.
  package static func text(_ bytes: some Sequence<UInt8>, uppercase: Bool = false) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.underestimatedCount)
    for byte in bytes { append(byte, to: &text, uppercase: uppercase) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends the two digits of one byte.
  package static func append(_ byte: UInt8, to text: inout [UInt8], uppercase: Bool = false) {
    text.append(character(byte >> 4, uppercase: uppercase))
    text.append(character(byte & 15, uppercase: uppercase))
  }

  /// The digit of a value from 0 to 15.
  @inline(__always)
  package static func character(_ value: UInt8, uppercase: Bool) -> UInt8 {
    if value < 10 { return UInt8(ascii: "0") + value }
    return (uppercase ? UInt8(ascii: "A") : UInt8(ascii: "a")) + value - 10
  }

  /// The number, zero-padded to at least `width` digits.
  package static func text(_ value: some UnsignedInteger & FixedWidthInteger, width: Int, uppercase: Bool = false) -> String {
    String(value, radix: 16, uppercase: uppercase).padded(to: width)
  }

  /// Decodes an even number of digits of either case; nil for anything else.
  package static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    let digits = text.utf8.compactMap(digit)
    guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// The value of one digit of either case; nil if it is not a digit.
  package static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

extension String {
  /// The text, zero-padded on the left to at least `width` characters.
  package func padded(to width: Int) -> String {
    let missing = width - utf8.count
    return missing > 0 ? String(repeating: "0", count: missing) + self : self
  }
}
