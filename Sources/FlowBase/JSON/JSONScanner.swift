/// Finds the bytes of values in a JSON document, so that parts of it can be taken out or replaced while everything else
/// stays byte for byte as it was received.
///
/// Expects UTF-8 without a byte order mark. It checks the structure (brackets, strings, separators), not the spelling of
/// numbers and words, which a parser reads later. Depth and size are bounded by the document; there is no recursion.
package struct JSONScanner: Sendable {
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The range of the document's value without the white space around it; nil if there is none.
  package var root: Range<Int>? {
    guard let start = bytes.firstIndex(where: { !Self.isSpace($0) }), let last = bytes.lastIndex(where: { !Self.isSpace($0) }) else { return nil }
    return endOfValue(at: start) == last + 1 ? start..<last + 1 : nil
  }

  /// The values of a text that holds several, such as JSON Lines: with white space between them, or none. nil if something else is among them.
  package var values: [Range<Int>]? {
    var values: [Range<Int>] = []
    var index = skippingSpace(from: 0)
    while index < bytes.count {
      guard let end = endOfValue(at: index) else { return nil }
      values.append(index..<end)
      index = skippingSpace(from: end)
    }
    return values
  }

  package func isObject(_ value: Range<Int>) -> Bool { bytes[value.lowerBound] == UInt8(ascii: "{") }
  package func isList(_ value: Range<Int>) -> Bool { bytes[value.lowerBound] == UInt8(ascii: "[") }
  package func isText(_ value: Range<Int>) -> Bool { bytes[value.lowerBound] == UInt8(ascii: "\"") }
  package func isNull(_ value: Range<Int>) -> Bool { bytes[value] == Array("null".utf8)[...] }

  /// The members of an object in order; nil if the value is no object or is not well formed.
  package func members(of value: Range<Int>) -> [(name: String, value: Range<Int>)]? {
    var members: [(name: String, value: Range<Int>)] = []
    let isComplete = forEachPart(of: value, from: UInt8(ascii: "{"), to: UInt8(ascii: "}")) { index in
      guard bytes[index] == UInt8(ascii: "\""), let nameEnd = endOfString(at: index), let name = text(of: index..<nameEnd) else { return nil }
      let colon = skippingSpace(from: nameEnd)
      guard colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else { return nil }
      let start = skippingSpace(from: colon + 1)
      guard let end = endOfValue(at: start) else { return nil }
      members.append((name, start..<end))
      return end
    }
    return isComplete ? members : nil
  }

  /// The elements of a list in order; nil if the value is no list or is not well formed.
  package func elements(of value: Range<Int>) -> [Range<Int>]? {
    var elements: [Range<Int>] = []
    let isComplete = forEachPart(of: value, from: UInt8(ascii: "["), to: UInt8(ascii: "]")) { index in
      guard let end = endOfValue(at: index) else { return nil }
      elements.append(index..<end)
      return end
    }
    return isComplete ? elements : nil
  }

  /// A string without its escapes; nil if the value is no string or has an escape that JSON does not know. Half a surrogate pair becomes
  /// U+FFFD.
  package func text(of value: Range<Int>) -> String? {
    guard value.count >= 2, isText(value), bytes[value.upperBound - 1] == UInt8(ascii: "\"") else { return nil }
    let inner = bytes[value.lowerBound + 1..<value.upperBound - 1]
    guard inner.contains(UInt8(ascii: "\\")) else { return String(decoding: inner, as: UTF8.self) }
    return unescaped(inner)
  }

  /// Whether a value is JSON in every part: what the structure alone does not tell, such as `[1 2]`, `01` or `nul`.
  /// - Parameter depth: objects and lists inside each other beyond this are refused.
  package func isStrict(_ value: Range<Int>, depth: Int = 256) -> Bool {
    var left = [(value: value, depth: 0)]
    while let (value, level) = left.popLast() {
      guard level <= depth else { return false }
      if isObject(value) {
        guard let members = members(of: value) else { return false }
        left += members.map { ($0.value, level + 1) }
      } else if isList(value) {
        guard let elements = elements(of: value) else { return false }
        left += elements.map { ($0, level + 1) }
      } else if isText(value) {
        guard text(of: value) != nil else { return false }
      } else if !Self.isWord(bytes[value]) && !JSONText.isNumber(bytes[value]) {
        return false
      }
    }
    return true
  }

  private static func isWord(_ text: ArraySlice<UInt8>) -> Bool {
    text.elementsEqual("null".utf8) || text.elementsEqual("true".utf8) || text.elementsEqual("false".utf8)
  }

  // MARK: Walking

  /// Calls `part` at the first byte of each part; it returns where the part ends, or nil if it is not well formed.
  private func forEachPart(of value: Range<Int>, from open: UInt8, to close: UInt8, _ part: (Int) -> Int?) -> Bool {
    guard value.count >= 2, bytes[value.lowerBound] == open, bytes[value.upperBound - 1] == close else { return false }
    var index = skippingSpace(from: value.lowerBound + 1)
    if index == value.upperBound - 1 { return true }
    while index < value.upperBound - 1 {
      guard let end = part(index) else { return false }
      index = skippingSpace(from: end)
      if index == value.upperBound - 1 { return true }
      guard index < value.upperBound, bytes[index] == UInt8(ascii: ",") else { return false }
      index = skippingSpace(from: index + 1)
    }
    return false
  }

  private func skippingSpace(from start: Int) -> Int {
    var index = start
    while index < bytes.count, Self.isSpace(bytes[index]) { index += 1 }
    return index
  }

  /// Where the value that begins at an index ends; nil if it does not.
  private func endOfValue(at start: Int) -> Int? {
    guard start < bytes.count else { return nil }
    switch bytes[start] {
    case UInt8(ascii: "\""): return endOfString(at: start)
    case UInt8(ascii: "{"), UInt8(ascii: "["): return endOfBrackets(at: start)
    default:
      let end = bytes[start...].firstIndex { Self.isSpace($0) || Self.isSeparator($0) } ?? bytes.count
      return end > start ? end : nil
    }
  }

  private func endOfBrackets(at start: Int) -> Int? {
    var open: [UInt8] = []
    var index = start
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""):
        guard let end = endOfString(at: index) else { return nil }
        index = end
        continue
      case UInt8(ascii: "{"): open.append(UInt8(ascii: "}"))
      case UInt8(ascii: "["): open.append(UInt8(ascii: "]"))
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard open.popLast() == bytes[index] else { return nil }
        if open.isEmpty { return index + 1 }
      default: break
      }
      index += 1
    }
    return nil
  }

  private func endOfString(at start: Int) -> Int? {
    var index = start + 1
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\"") { return index + 1 }
      index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
  private static func isSeparator(_ byte: UInt8) -> Bool { ",]}:".utf8.contains(byte) }

  // MARK: Escapes

  private func unescaped(_ inner: ArraySlice<UInt8>) -> String? {
    var units: [UInt16] = []
    var plain = inner.startIndex
    var index = inner.startIndex
    func take(upTo end: Int) { units += String(decoding: inner[plain..<end], as: UTF8.self).utf16 }
    while index < inner.endIndex {
      guard inner[index] == UInt8(ascii: "\\") else {
        index += 1
        continue
      }
      guard index + 1 < inner.endIndex else { return nil }
      take(upTo: index)
      if inner[index + 1] == UInt8(ascii: "u") {
        guard index + 6 <= inner.endIndex, let unit = UInt16(String(decoding: inner[index + 2..<index + 6], as: UTF8.self), radix: 16) else { return nil }
        units.append(unit)
        index += 6
      } else {
        guard let character = Self.escapes[inner[index + 1]] else { return nil }
        units.append(character)
        index += 2
      }
      plain = index
    }
    take(upTo: index)
    return String(decoding: units, as: UTF16.self)
  }

  private static let escapes: [UInt8: UInt16] = [
    UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F, UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C,
    UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
  ]
}
