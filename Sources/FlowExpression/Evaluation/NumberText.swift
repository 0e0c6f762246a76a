/// Parses numbers in attribute values like NiFi: decimal and hexadecimal, whole and fractional.
enum NumberText {
  /// The number; nil if the text is not a number.
  ///
  /// - Throws: for a whole number that does not fit 64 bits.
  static func parse(_ text: String) throws(EvaluationError) -> JavaNumber? {
    if let value = plain(text) { return .whole(value) }
    var scanner = Scanner(bytes: Array(Text.trimmed(text).utf8))
    guard let kind = scanner.scan() else { return nil }
    let digits = String(decoding: scanner.bytes, as: UTF8.self)
    switch kind {
    case .whole:
      guard let value = Int64(digits) else {
        throw EvaluationError("'\(digits)' does not fit a whole number of 64 bits")
      }
      return .whole(value)
    case .hexadecimalWhole:
      guard let value = hexadecimal(digits) else {
        throw EvaluationError("'\(digits)' does not fit a whole number of 64 bits")
      }
      return .whole(value)
    case .decimal: return .decimal(Double(digits) ?? .nan)
    case .special(let value): return .decimal(value)
    }
  }

  /// A fast path for the most common form: up to 18 digits with an optional minus sign.
  private static func plain(_ text: String) -> Int64? {
    var value: Int64 = 0
    var digits = 0
    var isNegative = false
    for byte in text.utf8 {
      if byte == UInt8(ascii: "-"), digits == 0, !isNegative {
        isNegative = true
      } else if (0x30...0x39).contains(byte), digits < 18 {
        value = value * 10 + Int64(byte - 0x30)
        digits += 1
      } else {
        return nil
      }
    }
    return digits == 0 ? nil : isNegative ? -value : value
  }

  private static func hexadecimal(_ text: String) -> Int64? {
    let isNegative = text.utf8.first == UInt8(ascii: "-")
    guard let marker = text.utf8.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "x") }) else { return nil }
    let digits = text[text.utf8.index(after: marker)...]
    return Int64((isNegative ? "-" : "") + digits, radix: 16)
  }

  private enum Kind {
    case whole, hexadecimalWhole, decimal
    case special(Double)
  }

  /// Recognises the formats of NiFi's `NumberParsing`; the whole text must match.
  private struct Scanner {
    /// Input for `Double` and `Int64`. Scanning completes hexadecimal fractions that Swift would reject.
    var bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) {
      self.bytes = bytes
    }

    mutating func scan() -> Kind? {
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      let isNegative = bytes.first == UInt8(ascii: "-")
      let rest = String(decoding: bytes[position...], as: UTF8.self)
      if rest == "Infinity" { return .special(isNegative ? -.infinity : .infinity) }
      if rest == "NaN" { return .special(.nan) }
      let isHexadecimal =
        next == UInt8(ascii: "0") && position + 1 < bytes.count && bytes[position + 1] | 0x20 == UInt8(ascii: "x")
      if isHexadecimal {
        position += 2
        return scanHexadecimal()
      }
      return scanDecimal()
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }
    private var isAtEnd: Bool { position == bytes.count }

    private mutating func scanDecimal() -> Kind? {
      let whole = skip { (0x30...0x39).contains($0) }
      if isAtEnd { return whole > 0 ? .whole : nil }
      if next == UInt8(ascii: ".") {
        position += 1
        guard skip({ (0x30...0x39).contains($0) }) > 0 else { return nil }
        if isAtEnd { return .decimal }
      } else if whole == 0 {
        return nil
      }
      return skipExponent(UInt8(ascii: "e")) ? .decimal : nil
    }

    private mutating func scanHexadecimal() -> Kind? {
      let whole = skip(isHexadecimalDigit)
      if isAtEnd { return whole > 0 ? .hexadecimalWhole : nil }
      if next == UInt8(ascii: ".") {
        let point = position
        position += 1
        let fraction = skip(isHexadecimalDigit)
        guard whole + fraction > 0 else { return nil }
        if fraction == 0 { bytes.remove(at: point); position -= 1 }
        if whole == 0 { bytes.insert(UInt8(ascii: "0"), at: point); position += 1 }
      }
      return skipExponent(UInt8(ascii: "p")) ? .decimal : nil
    }

    /// Skips matching bytes and returns their number.
    private mutating func skip(_ fits: (UInt8) -> Bool) -> Int {
      let start = position
      while let byte = next, fits(byte) { position += 1 }
      return position - start
    }

    private mutating func skipExponent(_ marker: UInt8) -> Bool {
      guard let byte = next, byte | 0x20 == marker else { return false }
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      return skip { (0x30...0x39).contains($0) } > 0 && isAtEnd
    }

    private func isHexadecimalDigit(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }
  }
}
