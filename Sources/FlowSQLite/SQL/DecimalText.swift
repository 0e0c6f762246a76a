/// The value of a number that is written in decimal, whatever its notation: 1.10, 11e-1 and +1.1 are equal.
struct DecimalText: Equatable {
  private let isNegative: Bool
  /// ASCII, without zeros at both ends; empty for zero.
  private let digits: [UInt8]
  /// Of the last digit.
  private let exponent: Int

  var isZero: Bool { digits.isEmpty }
  /// The digits that the value needs.
  var length: Int { max(1, digits.count) }

  /// Exponents beyond this are all alike: no type of a database has them.
  private static let furthest = 1_000_000

  /// nil for what SQLite does not take for a number: white space may surround it, and digits may lack on one side of the point.
  init?(_ text: String) {
    var rest = Array(text.utf8)[...]
    while let last = rest.last, Self.isSpace(last) { rest.removeLast() }
    while let first = rest.first, Self.isSpace(first) { rest.removeFirst() }
    func take(_ characters: String) -> UInt8? {
      guard let first = rest.first, characters.utf8.contains(first) else { return nil }
      rest.removeFirst()
      return first
    }
    func takeDigits() -> ArraySlice<UInt8> {
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      rest = rest[digits.endIndex...]
      return digits
    }
    let sign = take("+-"), whole = takeDigits(), fraction = take(".") == nil ? [] : takeDigits()
    guard !whole.isEmpty || !fraction.isEmpty else { return nil }
    var power = 0
    if take("eE") != nil {
      let isSmall = take("+-") == UInt8(ascii: "-"), written = takeDigits()
      guard !written.isEmpty else { return nil }
      power = min(Self.furthest, Int(String(decoding: written, as: UTF8.self)) ?? Self.furthest) * (isSmall ? -1 : 1)
    }
    guard rest.isEmpty else { return nil }
    var digits = Array((whole + fraction).drop { $0 == UInt8(ascii: "0") })
    power -= fraction.count
    while digits.last == UInt8(ascii: "0") {
      digits.removeLast()
      power += 1
    }
    self.digits = digits
    isNegative = !digits.isEmpty && sign == UInt8(ascii: "-")
    exponent = digits.isEmpty ? 0 : power
  }

  /// As Swift's numbers are read: without white space.
  static func trimmed(_ text: String) -> String { String(decoding: text.utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed(), as: UTF8.self) }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
