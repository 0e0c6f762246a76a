/// The first and the last text of a column chunk in the order of their bytes, which is that of their scalars.
struct TextBounds {
  /// A longer text is represented by a shorter one that is before, or after it.
  static let longestBytes = 64
  private var least: [UInt8]?
  private var largest: [UInt8]?

  mutating func note(_ texts: TextRuns) {
    texts.forEach { text, _ in
      if least.map({ bound in bound.withUnsafeBytes { text.isBefore($0) } }) ?? true { least = Array(text) }
      if largest.map({ bound in bound.withUnsafeBytes { $0.isBefore(text) } }) ?? true { largest = Array(text) }
    }
  }

  var bounds: ValueBounds {
    guard let least, let largest else { return ValueBounds() }
    let after = largest.count <= Self.longestBytes ? largest : Self.shortTextAfter(largest)
    return ValueBounds(
      least: Self.shortened(least), largest: after, isLeastExact: least.count <= Self.longestBytes, isLargestExact: largest.count <= Self.longestBytes)
  }

  /// The scalars that fit: a bound is UTF-8 too.
  private static func shortened(_ text: [UInt8]) -> [UInt8] {
    guard text.count > longestBytes else { return text }
    var end = longestBytes
    while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
    return Array(text[..<end])
  }

  /// A short text that is after all those that begin as this one does; nil if there is none.
  private static func shortTextAfter(_ text: [UInt8]) -> [UInt8]? {
    var scalars = Array(String(decoding: shortened(text), as: UTF8.self).unicodeScalars)
    while let last = scalars.popLast() {
      // What follows U+D7FF are halves of pairs in UTF-16, which are no scalars.
      guard let next = Unicode.Scalar(last.value == 0xD7FF ? 0xE000 : last.value + 1) else { continue }
      var after = String.UnicodeScalarView(scalars)
      after.append(next)
      return Array(String(after).utf8)
    }
    return nil
  }
}
