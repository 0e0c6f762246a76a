import FlowCore
import FlowPatterns

/// Replacing in texts: pure functions over bytes.
enum TextReplacement {
  /// The lines of a content that are changed.
  enum Lines: String, CaseIterable, Sendable {
    case all
    case firstLine = "first_line"
    case exceptFirstLine = "except_first_line"
    case lastLine = "last_line"
    case exceptLastLine = "except_last_line"

    func contains(_ index: Int, of count: Int) -> Bool {
      switch self {
      case .all: true
      case .firstLine: index == 0
      case .exceptFirstLine: index > 0
      case .lastLine: index == count - 1
      case .exceptLastLine: index < count - 1
      }
    }
  }

  /// The content with some of its lines changed, each with its ending.
  static func changed(_ bytes: [UInt8], _ lines: Lines, _ change: (TextLine) throws -> [UInt8]) rethrows -> [UInt8] {
    let all = TextLine.all(of: bytes)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for (index, line) in all.enumerated() {
      if lines.contains(index, of: all.count) { result += try change(line) } else { result += bytes[line.range] }
    }
    return result
  }

  /// Every occurrence replaced, from the left, without overlaps. Precondition: `search` is not empty.
  static func replacing(_ search: [UInt8], with value: [UInt8], in bytes: [UInt8]) -> [UInt8] {
    precondition(!search.isEmpty, "an empty text occurs everywhere")
    var result: [UInt8] = []
    var position = 0
    while position < bytes.count {
      if bytes[position] == search[0], bytes[position...].starts(with: search) {
        result += value
        position += search.count
      } else {
        result.append(bytes[position])
        position += 1
      }
    }
    return result
  }

  /// The text with every match replaced.
  /// - Parameter replacement: the UTF-16 units for a match in those of the text.
  static func replacing(
    _ pattern: JavaPattern, in text: String, _ replacement: (JavaPattern.Match, _ units: [UInt16]) throws -> [UInt16]
  ) throws -> String {
    let matches = try pattern.places(in: text)
    guard !matches.isEmpty else { return text }
    let units = Array(text.utf16)
    var result: [UInt16] = []
    var position = 0
    for match in matches {
      result += units[position..<match.range.lowerBound]
      result += try replacement(match, units)
      position = match.range.upperBound
    }
    result += units[position...]
    return String(decoding: result, as: UTF16.self)
  }
}

/// Puts attributes for `${name}` in a text, as Apache Commons' StringSubstitutor does for NiFi: `${name:-default}` has a default, `$${` is the text
/// `${`, values are substituted too, and what names no attribute stays.
struct VariableSubstitution {
  private let attributes: Attributes
  private let limitBytes: Int
  /// Values that have been substituted: each once, though it is named in many places.
  private var values: [String: String] = [:]

  /// - Parameter limitBytes: of the result. A few attributes that name each other twice would make it larger than any memory.
  init(_ attributes: Attributes, limitBytes: Int) {
    self.attributes = attributes
    self.limitBytes = limitBytes
  }

  /// Throws `ProcessorError` (`bad_data`) if a value refers to itself or the result is too long.
  mutating func text(_ text: String) throws(ProcessorError) -> String { try self.text(Array(text.unicodeScalars), within: []) }

  private mutating func text(_ scalars: [Unicode.Scalar], within names: [String]) throws(ProcessorError) -> String {
    var result = String.UnicodeScalarView()
    var position = 0, substitutedBytes = 0
    while position < scalars.count {
      let rest = scalars[position...]
      if rest.starts(with: "$${".unicodeScalars) {
        result.append(contentsOf: "${".unicodeScalars)
        position += 3
        // What is escaped is text up to its end.
        while position < scalars.count, scalars[position] != "}" {
          result.append(scalars[position])
          position += 1
        }
      } else if rest.starts(with: "${".unicodeScalars), let end = rest.firstIndex(of: "}") {
        let reference = Array(scalars[(position + 2)..<end])
        let value = try self.value(of: reference, within: names)
        result.append(contentsOf: value.map { Array($0.unicodeScalars) } ?? Array(scalars[position...end]))
        position = end + 1
        substitutedBytes += value?.utf8.count ?? 0
        guard substitutedBytes <= limitBytes else {
          throw ProcessorError(.badData, "with the attributes in it the text has more than \(limitBytes) bytes; expected at most so many (maximum_buffer_size)")
        }
      } else {
        result.append(scalars[position])
        position += 1
      }
    }
    return String(result)
  }

  private mutating func value(of reference: [Unicode.Scalar], within names: [String]) throws(ProcessorError) -> String? {
    let place = reference.indices.first { $0 + 1 < reference.count && reference[$0] == ":" && reference[$0 + 1] == "-" }
    let name = String(String.UnicodeScalarView(reference[..<(place ?? reference.count)]))
    guard !names.contains(name) else {
      throw ProcessorError(.badData, "attribute '\(name)' refers to itself: \((names + [name]).joined(separator: " → ")); expected values without such a loop")
    }
    if let value = values[name] { return value }
    if let value = attributes[name] {
      let substituted = try text(Array(value.unicodeScalars), within: names + [name])
      values[name] = substituted
      return substituted
    }
    return place.map { String(String.UnicodeScalarView(reference[($0 + 2)...])) }
  }
}
