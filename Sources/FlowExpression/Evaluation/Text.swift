/// String operations with Java's semantics: positions count UTF-16 units, equality compares code units.
enum Text {
  /// Whether the code units are equal; Swift's `==` would also treat composed and decomposed characters as equal.
  static func same(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
  }

  /// Like `Boolean.valueOf`, after trimming.
  static func isTrue(_ text: String) -> Bool {
    let bytes = trimmed(text).utf8
    return bytes.count == 4 && zip(bytes, "true".utf8).allSatisfy { $0 | 0x20 == $1 }
  }

  /// Removes spaces and control characters (up to U+0020) at both ends, like `String.trim`.
  static func trimmed(_ text: String) -> String {
    let bytes = text.utf8
    guard let first = bytes.first, let last = bytes.last, first <= 0x20 || last <= 0x20 else { return text }
    guard let start = bytes.firstIndex(where: { $0 > 0x20 }), let end = bytes.lastIndex(where: { $0 > 0x20 }) else {
      return ""
    }
    return String(text[start...end])
  }

  /// The number of UTF-16 units.
  static func length(_ text: String) -> Int { text.utf16.count }

  /// The units from `start` up to `end`; "" if the range is out of bounds. Half of a surrogate pair becomes U+FFFD.
  static func units(_ text: String, from start: Int64, to end: Int64? = nil) -> String {
    let length = Int64(text.utf16.count)
    let end = end ?? length
    guard start >= 0, end <= length, start <= end else { return "" }
    let units = text.utf16
    let lower = units.index(units.startIndex, offsetBy: Int(start))
    let upper = units.index(lower, offsetBy: Int(end - start))
    return String(units[lower..<upper]) ?? String(decoding: units[lower..<upper], as: UTF16.self)
  }

  /// The first occurrence of `needle`; the start if it is empty.
  static func first(_ needle: String, in text: String) -> Range<String.Index>? {
    search(needle, in: text) { limit, matches in (0...limit).first(where: matches) }
  }

  /// The last occurrence of `needle`; the end if it is empty.
  static func last(_ needle: String, in text: String) -> Range<String.Index>? {
    search(needle, in: text) { limit, matches in (0...limit).last(where: matches) }
  }

  /// The number of UTF-16 units before `index`.
  static func offset(of index: String.Index, in text: String) -> Int64 {
    Int64(text.utf16.distance(from: text.startIndex, to: index))
  }

  static func contains(_ needle: String, in text: String) -> Bool { first(needle, in: text) != nil }

  static func starts(_ text: String, with prefix: String) -> Bool { text.utf8.starts(with: prefix.utf8) }

  static func ends(_ text: String, with suffix: String) -> Bool {
    text.utf8.count >= suffix.utf8.count && text.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }

  /// The pieces between occurrences of `separator`, which must not be empty.
  static func split(_ text: String, by separator: String) -> [Substring] {
    var pieces: [Substring] = []
    var start = text.startIndex
    for offset in occurrences(of: separator, in: text) {
      let cut = text.utf8.index(text.startIndex, offsetBy: offset)
      pieces.append(text[start..<cut])
      start = text.utf8.index(cut, offsetBy: separator.utf8.count)
    }
    return pieces + [text[start...]]
  }

  /// Replaces every occurrence of `search`, including the empty ones around every character, like `String.replace`.
  static func replacing(_ search: String, with replacement: String, in text: String) -> String {
    guard !search.isEmpty else {
      return text.unicodeScalars.reduce(into: replacement) { result, scalar in
        result.unicodeScalars.append(scalar)
        result += replacement
      }
    }
    return split(text, by: search).joined(separator: replacement)
  }

  /// Byte offsets of the non-overlapping occurrences of `needle`, which must not be empty.
  private static func occurrences(of needle: String, in text: String) -> [Int] {
    var text = text
    var needle = needle
    return text.withUTF8 { haystack in
      needle.withUTF8 { pattern in
        var found: [Int] = []
        var start = 0
        while start + pattern.count <= haystack.count {
          if haystack[start] == pattern[0], haystack[start...].prefix(pattern.count).elementsEqual(pattern) {
            found.append(start)
            start += pattern.count
          } else {
            start += 1
          }
        }
        return found
      }
    }
  }

  private static func search(
    _ needle: String, in text: String, choose: (Int, (Int) -> Bool) -> Int?
  ) -> Range<String.Index>? {
    var text = text
    var needle = needle
    let found = text.withUTF8 { haystack in
      needle.withUTF8 { pattern -> Int? in
        guard pattern.count <= haystack.count else { return nil }
        return choose(haystack.count - pattern.count) { start in
          haystack[start...].prefix(pattern.count).elementsEqual(pattern)
        }
      }
    }
    guard let found else { return nil }
    let lower = text.utf8.index(text.startIndex, offsetBy: found)
    return lower..<text.utf8.index(lower, offsetBy: needle.utf8.count)
  }
}
