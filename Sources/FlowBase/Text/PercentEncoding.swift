/// Percent-encoding: of URLs (RFC 3986) and of forms (`application/x-www-form-urlencoded`).
package enum PercentEncoding {
  /// Every byte as `%` and two hexadecimal digits.
  package static func encoded(_ bytes: some Sequence<UInt8>, uppercase: Bool = true) -> String {
    var text: [UInt8] = []
    for byte in bytes { append(byte, to: &text, uppercase: uppercase) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Encodes everything except the unreserved characters (letters, digits, `-._~`).
  package static func encode(_ text: String, uppercase: Bool = true) -> String {
    encode(text, uppercase: uppercase, keeping: "-._~", space: nil)
  }

  /// `name=value&name=value`.
  package static func encode(_ pairs: [(String, String)]) -> String {
    pairs.map { encode($0.0) + "=" + encode($0.1) }.joined(separator: "&")
  }

  /// The encoding of HTML forms: keeps letters, digits and `.-*_`; a space becomes `+`.
  package static func formEncoded(_ text: String) -> String {
    encode(text, uppercase: true, keeping: ".-*_", space: UInt8(ascii: "+"))
  }

  /// Decodes form text; nil if a `%` is not followed by two hexadecimal digits.
  package static func formDecoded(_ text: String) -> [UInt8]? {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var position = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "+"): result.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard position + 2 < bytes.count, let high = Hexadecimal.digit(bytes[position + 1]), let low = Hexadecimal.digit(bytes[position + 2])
        else { return nil }
        result.append(high << 4 | low)
        position += 2
      default: result.append(bytes[position])
      }
      position += 1
    }
    return result
  }

  private static func encode(_ text: String, uppercase: Bool, keeping others: StaticString, space: UInt8?) -> String {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      if isLetterOrDigit(byte) || others.withUTF8Buffer({ $0.contains(byte) }) {
        encoded.append(byte)
      } else if let space, byte == UInt8(ascii: " ") {
        encoded.append(space)
      } else {
        append(byte, to: &encoded, uppercase: uppercase)
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  private static func append(_ byte: UInt8, to text: inout [UInt8], uppercase: Bool) {
    text.append(UInt8(ascii: "%"))
    Hexadecimal.append(byte, to: &text, uppercase: uppercase)
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }
}
