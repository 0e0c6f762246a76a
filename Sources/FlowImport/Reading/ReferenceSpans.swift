/// Where the references of a text are, `#{…}` and `${…}`, with what is inside of them. One pass, whatever does not end.
struct ReferenceSpans {
  let bytes: [UInt8]
  /// The place behind the `}` of a reference, by the place of its sign.
  private let ends: [Int: Int]
  /// The places of their `}`.
  private let closings: Set<Int>

  init(_ text: String) {
    bytes = Array(text.utf8)
    var ends: [Int: Int] = [:]
    var open: [Int] = []
    for (place, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "{") { open.append(place) }
      guard byte == UInt8(ascii: "}"), let start = open.popLast(), start > 0 else { continue }
      let sign = bytes[start - 1]
      if sign == UInt8(ascii: "#") || sign == UInt8(ascii: "$") { ends[start - 1] = place + 1 }
    }
    self.ends = ends
    closings = Set(ends.values.map { $0 - 1 })
  }

  /// The first place at or behind a place, outside of the references that begin there, that has one of these bytes; else the end of the reference
  /// that it is in, or of the text.
  func first(from place: Int, of stops: Set<UInt8>) -> Int {
    var place = place
    while place < bytes.count {
      if let end = ends[place] {
        place = end
      } else if stops.contains(bytes[place]) || closings.contains(place) {
        break
      } else {
        place += 1
      }
    }
    return place
  }

  /// The last place in a range, outside of references, that has a byte.
  func last(_ byte: UInt8, in range: Range<Int>) -> Int? {
    var place = range.lowerBound
    var last: Int?
    while place < range.upperBound {
      if bytes[place] == byte { last = place }
      place = ends[place] ?? place + 1
    }
    return last
  }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// The text with another one in the place of each reference.
  func replaced(by text: String) -> String {
    var kept: [UInt8] = []
    var place = 0
    while place < bytes.count {
      if let end = ends[place] {
        kept += text.utf8
        place = end
      } else {
        kept.append(bytes[place])
        place += 1
      }
    }
    return String(decoding: kept, as: UTF8.self)
  }

  /// Functions whose argument may be in what an expression gives.
  private static let giving = ["literal(", "append(", "prepend(", "replaceNull(", "replaceEmpty(", "ifElse("]

  /// Whether an expression of the text gives a text that is written in it: `${literal('a:b'):base64Encode()}`.
  static func hasTexts(_ text: String) -> Bool {
    guard text.contains("${") else { return false }
    return giving.contains { function in
      text.split(separator: function, omittingEmptySubsequences: false).dropFirst().contains { rest in
        var rest = rest.drop(while: \.isWhitespace)
        while let quote = rest.first, quote == "'" || quote == "\"" {
          let argument = rest.dropFirst().prefix { $0 != quote }
          if !Secrets.isScheme(argument), argument.contains(where: { $0.isLetter || $0.isNumber }) { return true }
          // `ifElse` has two.
          rest = rest[argument.endIndex...].dropFirst().drop { $0.isWhitespace || $0 == "," }
        }
        return false
      }
    }
  }
}
