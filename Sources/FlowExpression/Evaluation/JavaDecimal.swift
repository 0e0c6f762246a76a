/// Decimal numbers in Java's notation.
enum JavaDecimal {
  /// Like `Double.toString`: the shortest digits that round-trip; plain notation from 10⁻³ up to 10⁷, otherwise with an
  /// exponent.
  static func text(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    if value == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
    let (digits, exponent) = shortest(value.magnitude)
    let sign = value < 0 ? "-" : ""
    return sign + ((-3..<7).contains(exponent) ? plain(digits, exponent) : scientific(digits, exponent))
  }

  /// The significant digits, and the power of ten of the first.
  private static func shortest(_ value: Double) -> (digits: [UInt8], exponent: Int) {
    var digits: [UInt8] = []
    var point: Int?
    var exponent = 0
    let description = Array(value.description.utf8)
    for (index, byte) in description.enumerated() {
      switch byte {
      case UInt8(ascii: "."): point = digits.count
      case UInt8(ascii: "e"):
        exponent = Int(String(decoding: description[(index + 1)...], as: UTF8.self)) ?? 0
        return normalized(digits, exponent: exponent + (point ?? digits.count) - 1)
      default: digits.append(byte)
      }
    }
    return normalized(digits, exponent: (point ?? digits.count) - 1)
  }

  private static func normalized(_ digits: [UInt8], exponent: Int) -> (digits: [UInt8], exponent: Int) {
    let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
    let trailing = digits.reversed().prefix { $0 == UInt8(ascii: "0") }.count
    return (Array(digits[leading..<(digits.count - trailing)]), exponent - leading)
  }

  private static func plain(_ digits: [UInt8], _ exponent: Int) -> String {
    let zero = UInt8(ascii: "0")
    var whole: [UInt8] = []
    var fraction: [UInt8] = []
    if exponent < 0 {
      whole = [zero]
      fraction = Array(repeating: zero, count: -exponent - 1) + digits
    } else {
      for position in 0...exponent { whole.append(position < digits.count ? digits[position] : zero) }
      fraction = exponent + 1 < digits.count ? Array(digits[(exponent + 1)...]) : [zero]
    }
    return String(decoding: whole + [UInt8(ascii: ".")] + fraction, as: UTF8.self)
  }

  private static func scientific(_ digits: [UInt8], _ exponent: Int) -> String {
    let fraction = digits.count > 1 ? digits[1...] : [UInt8(ascii: "0")]
    return String(decoding: [digits[0], UInt8(ascii: ".")] + fraction, as: UTF8.self) + "E\(exponent)"
  }
}
