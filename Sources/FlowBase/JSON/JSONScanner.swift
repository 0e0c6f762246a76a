/// Finds the bytes of values in a JSON document, so that parts of it can be taken out or replaced while everything else
/// stays byte for byte as it was received.
///
/// Expects UTF-8 without a byte order mark. Walking checks the structure (brackets, strings, separators), not the spelling of
/// numbers and words, which a parser reads later or `fault(in:)` checks. Depth and size are bounded by the document; there is no recursion.
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

  /// A string without its escapes; nil if the value is no string, or has a control character or an escape that JSON does not know. Half a surrogate
  /// pair becomes U+FFFD.
  package func text(of value: Range<Int>) -> String? {
    guard value.count >= 2, isText(value), bytes[value.upperBound - 1] == UInt8(ascii: "\""), isText(strictly: value) else { return nil }
    let inner = bytes[value.lowerBound + 1..<value.upperBound - 1]
    guard inner.contains(UInt8(ascii: "\\")) else { return String(decoding: inner, as: UTF8.self) }
    return unescaped(inner)
  }

  /// Whether a value is JSON in every part: what the structure alone does not tell, such as `[1 2]`, `01` or `nul`.
  /// - Parameter depth: objects and lists inside each other beyond this are refused.
  package func isStrict(_ value: Range<Int>, depth: Int = 256) -> Bool { fault(in: value, depth: depth) == nil }

  /// The index of the first byte that is not JSON (RFC 8259), or the value's end if it is incomplete; nil if it is JSON in every part. Whether its texts
  /// are UTF-8 is not looked at, and half a surrogate pair is JSON. One pass.
  /// - Parameter depth: objects and lists inside each other beyond this are a fault.
  package func fault(in value: Range<Int>, depth: Int = 256) -> Int? {
    var open: [UInt8] = []
    var next = Expected.value
    var index = value.lowerBound
    while true {
      index = skippingSpace(from: index)
      guard index < value.upperBound else { return next == .nothing ? nil : value.upperBound }
      let byte = bytes[index]
      var end = index + 1
      switch next {
      case .nothing: return index
      case .separator where byte == UInt8(ascii: ","):
        next = open.last == UInt8(ascii: "}") ? .name : .value
      case .separator,
        .nameOrEnd where byte == open.last,
        .valueOrEnd where byte == open.last:
        guard open.popLast() == byte else { return index }
        next = open.isEmpty ? .nothing : .separator
      case .name, .nameOrEnd:
        guard byte == UInt8(ascii: "\""), let nameEnd = endOfString(at: index), isText(strictly: index..<nameEnd) else { return index }
        let colon = skippingSpace(from: nameEnd)
        guard colon < value.upperBound, bytes[colon] == UInt8(ascii: ":") else { return colon }
        end = colon + 1
        next = .value
      case .value, .valueOrEnd:
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
          guard open.count < depth else { return index }
          let isObject = byte == UInt8(ascii: "{")
          open.append(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
          next = isObject ? .nameOrEnd : .valueOrEnd
          index = end
          continue
        case UInt8(ascii: "\""):
          guard let textEnd = endOfString(at: index), isText(strictly: index..<textEnd) else { return index }
          end = textEnd
        default:
          guard let plainEnd = endOfValue(at: index), Self.isWord(bytes[index..<plainEnd]) || JSONText.isNumber(bytes[index..<plainEnd]) else { return index }
          end = plainEnd
        }
        next = open.isEmpty ? .nothing : .separator
      }
      index = end
    }
  }

  /// What may come next in a document.
  private enum Expected { case value, valueOrEnd, name, nameOrEnd, separator, nothing }

  /// Whether a string has no control character and only escapes that JSON knows.
  private func isText(strictly string: Range<Int>) -> Bool {
    var index = string.lowerBound + 1
    while index < string.upperBound - 1 {
      guard bytes[index] >= 0x20 else { return false }
      guard bytes[index] == UInt8(ascii: "\\") else {
        index += 1
        continue
      }
      let kind = bytes[index + 1]
      guard kind == UInt8(ascii: "u") else {
        guard Self.escapes[kind] != nil else { return false }
        index += 2
        continue
      }
      guard index + 6 < string.upperBound, bytes[index + 2..<index + 6].allSatisfy(Self.isHexadecimal) else { return false }
      index += 6
    }
    return true
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
    default: false
    }
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

  /// - Parameter inner: what stands between the quotes, as `isText(strictly:)` has found it.
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
