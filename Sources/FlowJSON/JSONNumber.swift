/// A JSON number; whole numbers keep all 64 bits.
enum JSONNumber: Equatable {
  case whole(Int64)
  case real(Double)

  var real: Double {
    switch self {
    case .whole(let value): Double(value)
    case .real(let value): value
    }
  }

  /// Parses a number in JSON syntax (RFC 8259 section 6); nil for anything else, including `+`, leading zeros, `inf`
  /// and blanks.
  init?(_ text: some StringProtocol) {
    var rest = Substring(text).utf8
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let isZero = rest.first == UInt8(ascii: "0")
    guard let digits = JSONNumber.digits(&rest), digits == 1 || !isZero else { return nil }
    var isWhole = true
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard JSONNumber.digits(&rest) != nil else { return nil }
      isWhole = false
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
      guard JSONNumber.digits(&rest) != nil else { return nil }
      isWhole = false
    }
    guard rest.isEmpty else { return nil }
    if isWhole, let value = Int64(text) {
      self = .whole(value)
    } else if let value = Double(text), value.isFinite {
      self = .real(value)
    } else {
      return nil
    }
  }

  /// Removes the leading digits and returns their number; nil if there are none.
  private static func digits(_ rest: inout Substring.UTF8View) -> Int? {
    let count = rest.prefix { (48...57).contains($0) }.count
    rest = rest.dropFirst(count)
    return count > 0 ? count : nil
  }
}
