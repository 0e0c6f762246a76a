/// Bytes as `%` and two hexadecimal digits.
enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  static func encoded(_ bytes: some Sequence<UInt8>) -> String {
    var result: [UInt8] = []
    for byte in bytes { result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: result, as: UTF8.self)
  }

  /// As HTML forms send text: letters, digits and `.-*_` stay, a space becomes `+`.
  static func formEncoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "*"),
        UInt8(ascii: "_"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      case 0x20: result += "+"
      default: result += encoded([byte])
      }
    }
    return result
  }

  /// The reverse of ``formEncoded(_:)``.
  static func formDecoded(_ text: String) throws(EvaluationError) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var position = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "+"): result.append(0x20)
      case UInt8(ascii: "%"):
        guard position + 2 < bytes.count, let high = value(bytes[position + 1]), let low = value(bytes[position + 2])
        else { throw EvaluationError("'\(text)' has a '%' without two hexadecimal digits") }
        result.append(high << 4 | low)
        position += 2
      default: result.append(bytes[position])
      }
      position += 1
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The value of a hexadecimal digit.
  static func value(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46, 0x61...0x66: (byte | 0x20) - 0x57
    default: nil
    }
  }
}
