import FlowBase

/// A value of a flow file that is being written.
package indirect enum YAMLValue: Sendable, Equatable {
  case text(String)
  case list([YAMLValue])
  /// In order; names are unique.
  case map([Member])

  package struct Member: Sendable, Equatable {
    package var name: String
    package var value: YAMLValue

    package init(_ name: String, _ value: YAMLValue) {
      self.name = name
      self.value = value
    }
  }
}

/// Writes YAML line by line.
struct YAMLText {
  private(set) var lines: [String] = []

  var text: String { lines.joined(separator: "\n") + "\n" }

  mutating func line(_ text: String, indent: Int = 0) { lines.append(String(repeating: " ", count: indent) + text) }

  /// Characters in a line of a comment, and lines of a comment.
  private static let commentWidth = 140
  private static let commentLines = 200

  /// Comments, for each line of the text as many as it takes. A text longer than anybody writes is cut off, and the last line says so.
  mutating func comment(_ text: String, indent: Int = 0) {
    let text = Secrets.shown(text)
    let most = Self.commentWidth * Self.commentLines
    let lines = String(text.unicodeScalars.prefix(most)).split(whereSeparator: \.isNewline).flatMap { Self.wrapped(Quote.line(String($0))) }
    for line in lines.prefix(Self.commentLines) { self.line("# " + line, indent: indent) }
    if lines.count > Self.commentLines || text.unicodeScalars.count > most { line("# … (cut off: the rest is in NiFi's file)", indent: indent) }
  }

  /// At white space where there is some; a longer word is cut.
  private static func wrapped(_ text: String) -> [String] {
    var lines: [String] = []
    var rest = text.unicodeScalars[...]
    while let end = rest.index(rest.startIndex, offsetBy: commentWidth, limitedBy: rest.endIndex), end < rest.endIndex {
      let space = rest[..<end].lastIndex(of: " ").flatMap { $0 > rest.startIndex ? $0 : nil }
      lines.append(String(rest[..<(space ?? end)]))
      rest = rest[(space.map { rest.index(after: $0) } ?? end)...]
    }
    return lines + [String(rest)]
  }

  /// `name: value`, over as many lines as it takes.
  mutating func member(_ name: String, _ value: YAMLValue, indent: Int) {
    let key = Self.scalar(name) + ":"
    switch value {
    case .text(let text):
      guard let block = Self.block(text) else { return line("\(key) \(Self.scalar(text))", indent: indent) }
      line("\(key) |-", indent: indent)
      for part in block { lines.append(part.isEmpty ? "" : String(repeating: " ", count: indent + 2) + part) }
    case .list(let elements): line("\(key) [\(elements.map(Self.inline).joined(separator: ", "))]", indent: indent)
    case .map(let members):
      guard !members.isEmpty else { return line("\(key) {}", indent: indent) }
      line(key, indent: indent)
      for member in members { self.member(member.name, member.value, indent: indent + 2) }
    }
  }

  /// On one line.
  static func inline(_ value: YAMLValue) -> String {
    switch value {
    case .text(let text): scalar(text)
    case .list(let elements): "[\(elements.map(inline).joined(separator: ", "))]"
    case .map(let members): members.isEmpty ? "{}" : "{ \(members.map { "\(scalar($0.name)): \(inline($0.value))" }.joined(separator: ", ")) }"
    }
  }

  /// Plain where nothing in it means anything to YAML, else between double quotes.
  static func scalar(_ text: String) -> String {
    isPlain(text) ? text : quoted(text)
  }

  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.last != 0x20, !["null", "true", "false", "yes", "no", "on", "off"].contains(text.lowercased()) else {
      return ["true", "false"].contains(text)
    }
    func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    return (isLetter(first) || isDigit(first) || first == UInt8(ascii: "/"))
      && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || " _./-".utf8.contains($0) }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      default:
        if scalar.isASCII && scalar.value >= 0x20 && scalar.value != 0x7F {
          quoted.unicodeScalars.append(scalar)
        } else if scalar.value > 0x7F && Quote.isPlain(scalar) && !scalar.properties.isVariationSelector {
          quoted.unicodeScalars.append(scalar)
        } else {
          let width = scalar.value > 0xFFFF ? 8 : 4
          quoted += (width == 8 ? "\\U" : "\\u") + String(scalar.value, radix: 16, uppercase: true).padded(to: width)
        }
      }
    }
    return quoted + "\""
  }

  /// The lines of a text that reads better as a block; nil: it has one line, or what a block cannot hold.
  private static func block(_ text: String) -> [String]? {
    guard text.contains("\n"), let first = text.unicodeScalars.first, !text.hasSuffix("\n"), first != " ", first != "\n" else { return nil }
    guard text.unicodeScalars.allSatisfy({ $0 == "\n" || (0x20...0x7E).contains($0.value) }) else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return lines.contains { $0.hasSuffix(" ") } ? nil : lines
  }
}
