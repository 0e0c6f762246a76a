/// Decodes and repairs a server's response for a JSON parser. A defect in a value that no column reads must not prevent
/// reading the rest: half an emoji in a display name is not a reason to lose a day.
package enum AnswerText {
  /// The response in UTF-8 without a byte order mark. UTF-16 and UTF-32 are recognised by their mark, or by the zero
  /// bytes around the first character of a JSON document (RFC 4627 section 3). UTF-8 is returned unchanged, even if it
  /// is malformed.
  package static func decoded(_ bytes: [UInt8]) -> [UInt8] {
    guard let form = Form(bytes) else { return bytes }
    let text = bytes.dropFirst(form.markLength)
    switch form.unitLength {
    case 1: return Array(text)
    case 2: return Array(String(decoding: units(text, form).map { UInt16($0) }, as: UTF16.self).utf8)
    default:
      let replacement: Unicode.Scalar = "\u{FFFD}"
      return Array(String(String.UnicodeScalarView(units(text, form).map { Unicode.Scalar($0) ?? replacement })).utf8)
    }
  }

  /// The same for texts that must arrive as they were sent: nil if the bytes are not what their encoding allows. Nothing is replaced.
  /// - Parameter checksUTF8: false: UTF-8 is returned unchanged, even if it is malformed, for a reader that checks what it takes out.
  package static func strictlyDecoded(_ bytes: [UInt8], checksUTF8: Bool = true) -> [UInt8]? {
    guard let form = Form(bytes), form.unitLength > 1 else {
      let text = decoded(bytes)
      return !checksUTF8 || UTF8Fault.offset(in: text) == nil ? text : nil
    }
    let text = bytes.dropFirst(form.markLength)
    guard text.count.isMultiple(of: form.unitLength) else { return nil }
    if form.unitLength == 2 { return String(validating: units(text, form).map { UInt16($0) }, as: UTF16.self).map { Array($0.utf8) } }
    let scalars = units(text, form).compactMap { Unicode.Scalar($0) }
    return scalars.count * form.unitLength == text.count ? Array(String(String.UnicodeScalarView(scalars)).utf8) : nil
  }

  /// The response with malformed text repaired, for a parser that rejected it. Bytes that are not UTF-8, unpaired
  /// surrogates and unknown escapes become U+FFFD; control characters in strings are escaped. A number that does not
  /// fit 64 bits becomes a string, so that it only matters where it is read. A truncated document remains truncated.
  package static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    var repair = JSONRepair(bytes: Array(String(decoding: decoded(bytes), as: UTF8.self).utf8))
    return repair.document()
  }

  private struct Form {
    var markLength: Int
    var unitLength: Int
    var isBigEndian = false

    /// nil: UTF-8 without a byte order mark.
    init?(_ bytes: [UInt8]) {
      let first = bytes.prefix(4)
      if first.starts(with: [0xEF, 0xBB, 0xBF]) {
        (markLength, unitLength) = (3, 1)
      } else if first.elementsEqual([0xFF, 0xFE, 0, 0]) {
        (markLength, unitLength) = (4, 4)
      } else if first.elementsEqual([0, 0, 0xFE, 0xFF]) {
        (markLength, unitLength, isBigEndian) = (4, 4, true)
      } else if first.starts(with: [0xFF, 0xFE]) {
        (markLength, unitLength) = (2, 2)
      } else if first.starts(with: [0xFE, 0xFF]) {
        (markLength, unitLength, isBigEndian) = (2, 2, true)
      } else {
        switch first.map({ $0 == 0 }) {
        case [false, true, true, true]: (markLength, unitLength) = (0, 4)
        case [true, true, true, false]: (markLength, unitLength, isBigEndian) = (0, 4, true)
        case [false, true, false, true]: (markLength, unitLength) = (0, 2)
        case [true, false, true, false]: (markLength, unitLength, isBigEndian) = (0, 2, true)
        default: return nil
        }
      }
    }
  }

  private static func units(_ bytes: ArraySlice<UInt8>, _ form: Form) -> [UInt32] {
    stride(from: bytes.startIndex, through: bytes.endIndex - form.unitLength, by: form.unitLength).map { start in
      let unit = bytes[start..<(start + form.unitLength)]
      return (form.isBigEndian ? Array(unit) : unit.reversed()).reduce(0) { $0 << 8 | UInt32($1) }
    }
  }
}

/// Copies the strings and numbers of a UTF-8 document, complete or not, and repairs them on the way.
private struct JSONRepair {
  private static let replacement = Array(#"\ufffd"#.utf8)
  private static let simpleEscapes = Set(#""\/bfnrt"#.utf8)

  let bytes: [UInt8]
  private var index = 0
  private var repaired: [UInt8] = []

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() -> [UInt8] {
    repaired.reserveCapacity(bytes.count + 16)
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""): string()
      case UInt8(ascii: "-"), 48...57: number()
      default: copy(1)
      }
    }
    return repaired
  }

  private mutating func string() {
    copy(1)
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""): return copy(1)
      case UInt8(ascii: "\\"): escape()
      case 0..<32: replace(1, by: Self.escape(of: byte))
      default: copy(1)
      }
    }
  }

  private mutating func escape() {
    guard index + 1 < bytes.count else { return copy(1) }
    if Self.simpleEscapes.contains(bytes[index + 1]) { return copy(2) }
    guard let unit = unit(at: index) else { return replace(1, by: Self.replacement) }
    switch unit {
    case 0xD800..<0xDC00:
      let isPair = self.unit(at: index + 6).map { (0xDC00..<0xE000).contains($0) } ?? false
      if isPair { copy(12) } else { replace(6, by: Self.replacement) }
    case 0xDC00..<0xE000: replace(6, by: Self.replacement)
    default: copy(6)
    }
  }

  /// The code unit of an escape `\uXXXX` at an index; nil if there is no such escape.
  private func unit(at place: Int) -> UInt32? {
    guard place + 6 <= bytes.count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u") else { return nil }
    let digits = bytes[(place + 2)..<(place + 6)]
    guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  private mutating func number() {
    let digits = bytes[index...].prefix { (48...57).contains($0) || "+-.eE".utf8.contains($0) }
    let text = String(decoding: digits, as: UTF8.self)
    if Double(text)?.isFinite == false {
      replace(digits.count, by: Array("\"\(text)\"".utf8))
    } else if text.dropFirst().utf8.allSatisfy({ (48...57).contains($0) }), Int64(text) == nil, UInt64(text) == nil {
      replace(digits.count, by: Array((text + "e0").utf8))
    } else {
      copy(digits.count)
    }
  }

  private static func escape(of control: UInt8) -> [UInt8] {
    Array(("\\u" + Hexadecimal.text(control, width: 4)).utf8)
  }

  private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func copy(_ count: Int) {
    repaired += bytes[index..<(index + count)]
    index += count
  }
  private mutating func replace(_ count: Int, by text: [UInt8]) {
    repaired += text
    index += count
  }
}
