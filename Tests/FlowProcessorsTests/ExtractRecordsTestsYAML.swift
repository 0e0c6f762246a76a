import FlowCore
import StudyModel

/// A minimal YAML reader for the mappings of these tests: block maps, flow maps and lists, quoted and plain scalars, comments.
/// Locates every node, so that tests can say where a problem is reported.
struct MappingText {
  private struct Line {
    var number: Int
    var indent: Int
    var text: [Character]
  }
  struct Mistake: Error {
    var line: Int
  }
  private var lines: [Line]
  private var next = 0

  static func node(_ text: String) throws -> ConfigurationNode {
    var reader = MappingText(text)
    return try reader.block(indent: 0)
  }

  private init(_ text: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
      let indent = line.prefix { $0 == " " }.count
      let content = line.dropFirst(indent)
      return content.isEmpty || content.hasPrefix("#") ? nil : Line(number: index + 1, indent: indent, text: Array(content))
    }
  }

  private mutating func block(indent: Int) throws -> ConfigurationNode {
    let start = next < lines.count ? lines[next] : Line(number: 1, indent: 0, text: [])
    var pairs: [(key: ConfigurationNode.Key, value: ConfigurationNode)] = []
    while next < lines.count, lines[next].indent == indent {
      let line = lines[next]
      next += 1
      var scanner = FlowScanner(line.text, line: line.number, column: indent + 1)
      let key = scanner.key()
      if scanner.isAtEnd {
        pairs.append((key, try block(indent: indent + 2)))
      } else {
        pairs.append((key, scanner.value(isInFlow: false)))
        guard scanner.isAtEnd else { throw Mistake(line: line.number) }
      }
    }
    return ConfigurationNode(.map(pairs), position: SourcePosition(line: start.number, column: indent + 1))
  }
}

/// One line of flow style.
private struct FlowScanner {
  private let text: [Character]
  private var index = 0
  private let line: Int
  private let column: Int

  init(_ text: [Character], line: Int, column: Int) {
    self.text = text
    self.line = line
    self.column = column
  }

  private var position: SourcePosition { SourcePosition(line: line, column: column + index) }
  private var current: Character? { index < text.count ? text[index] : nil }

  var isAtEnd: Bool {
    mutating get {
      skipBlanks()
      return current == nil || current == "#"
    }
  }

  private mutating func skipBlanks() {
    while current == " " { index += 1 }
  }

  mutating func key() -> ConfigurationNode.Key {
    skipBlanks()
    let position = position
    var name = ""
    while let character = current, character != ":" {
      name.append(character)
      index += 1
    }
    index += 1
    return ConfigurationNode.Key(text: name, position: position)
  }

  mutating func value(isInFlow: Bool) -> ConfigurationNode {
    skipBlanks()
    let position = position
    switch current {
    case "{":
      var pairs: [(key: ConfigurationNode.Key, value: ConfigurationNode)] = []
      each(until: "}") { scanner in pairs.append((scanner.key(), scanner.value(isInFlow: true))) }
      return ConfigurationNode(.map(pairs), position: position)
    case "[":
      var elements: [ConfigurationNode] = []
      each(until: "]") { scanner in elements.append(scanner.value(isInFlow: true)) }
      return ConfigurationNode(.list(elements), position: position)
    case "\"":
      index += 1
      let content = text[index...].prefix { $0 != "\"" }
      index += content.count + 1
      return ConfigurationNode(.scalar(String(content)), position: position)
    default:
      let content = text[index...].prefix { !isInFlow || !",}]".contains($0) }
      index += content.count
      var scalar = String(content)
      while scalar.last == " " { scalar.removeLast() }
      return ConfigurationNode(scalar.isEmpty ? .empty : .scalar(scalar), position: position)
    }
  }

  private mutating func each(until close: Character, _ body: (inout FlowScanner) -> Void) {
    index += 1
    skipBlanks()
    while let character = current, character != close {
      body(&self)
      skipBlanks()
      if current == "," { index += 1 }
      skipBlanks()
    }
    index += 1
  }
}
