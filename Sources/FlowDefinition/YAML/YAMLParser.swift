import CYAML
import FlowCore

/// Parses one YAML document into located nodes and collects violations of the flow file format.
///
/// Scalars keep their text. Tags, merge keys, further documents and non-scalar keys are rejected, and depth and alias
/// expansion are limited.
struct YAMLParser {
  /// The maximum nesting of maps and lists.
  static let maximumDepth = 64
  /// The maximum number of nodes that all aliases together may add.
  static let maximumAliasedNodes = 10_000

  private let source: SourceText
  private let events: YAMLEventStream
  private let problems: ProblemList
  private var anchors: [String: YAMLNode] = [:]
  private var aliasedNodes = 0
  /// Inside of prose, where any character is allowed.
  private var isProse = false
  /// The keys whose values are prose.
  private static let prose: Set<String> = ["help", "summary"]

  /// The document's root; nil for an empty file.
  ///
  /// - Parameters:
  ///   - isProse: all values are texts for people, in which any character is allowed.
  ///   - problems: receives violations that do not stop the parser.
  /// - Throws: the error that makes the rest unreadable.
  static func parse(_ source: SourceText, isProse: Bool = false, problems: ProblemList) throws(Diagnostic) -> YAMLNode? {
    var parser = YAMLParser(source: source, events: YAMLEventStream(source), problems: problems)
    parser.isProse = isProse
    return try parser.document()
  }

  private init(source: SourceText, events: YAMLEventStream, problems: ProblemList) {
    self.source = source
    self.events = events
    self.problems = problems
  }

  private func report(_ diagnostic: Diagnostic, _ position: SourcePosition) { problems.report(diagnostic, at: position) }

  private mutating func document() throws(Diagnostic) -> YAMLNode? {
    var root: YAMLNode?
    while true {
      let event = try events.next()
      switch event.kind {
      case .streamStart, .documentEnd: continue
      case .streamEnd: return root
      case .documentStart:
        guard root == nil else {
          report(.secondDocument, source.position(of: event.range.lowerBound))
          return root
        }
        root = try node(from: try events.next(), depth: 1)
      default: throw Diagnostic.yaml("an unexpected \(event.kind)").at(source.position(of: event.range.lowerBound))
      }
    }
  }

  private mutating func node(from event: YAMLEvent, depth: Int) throws(Diagnostic) -> YAMLNode {
    let position = source.position(of: event.range.lowerBound)
    guard depth <= YAMLParser.maximumDepth else { throw Diagnostic.tooDeep(limit: YAMLParser.maximumDepth).at(position) }
    if let tag = event.tag { report(.tag(tag.replacingPrefix("tag:yaml.org,2002:", with: "!!")), position) }
    let node: YAMLNode
    switch event.kind {
    case .alias(let name): return try aliased(name, at: position, depth: depth)
    case .scalar(var scalar):
      // A block's text starts below its indicator, so its end is not a useful position.
      if scalar.style != .block { problems.note(textFrom: position, to: source.position(of: scalar.range.upperBound)) }
      scalar.isCutByComment = reportComment(after: scalar)
      if !isProse {
        reportUnseen(in: &scalar)
        reportSwallowedLines(of: scalar)
      }
      node = YAMLNode(value: .scalar(scalar), position: position, count: 1, height: 1)
    case .listStart: node = try list(at: position, depth: depth)
    case .mapStart: node = try map(at: position, depth: depth)
    default: throw Diagnostic.yaml("an unexpected \(event.kind)").at(position)
    }
    if let anchor = event.anchor { anchors[anchor] = node }
    return node
  }

  private mutating func list(at position: SourcePosition, depth: Int) throws(Diagnostic) -> YAMLNode {
    var node = YAMLNode(value: .list([]), position: position, count: 1, height: 1)
    var elements: [YAMLNode] = []
    while true {
      let event = try events.next()
      if case .listEnd = event.kind { break }
      let element = try self.node(from: event, depth: depth + 1)
      node.count += element.count
      node.height = max(node.height, element.height + 1)
      elements.append(element)
    }
    node.value = .list(elements)
    return node
  }

  private mutating func map(at position: SourcePosition, depth: Int) throws(Diagnostic) -> YAMLNode {
    var node = YAMLNode(value: .map([]), position: position, count: 1, height: 1)
    var pairs: [(key: ConfigurationNode.Key, value: YAMLNode)] = []
    var places: [String: SourcePosition] = [:]
    while true {
      let event = try events.next()
      if case .mapEnd = event.kind { break }
      let key = key(of: try self.node(from: event, depth: depth + 1))
      let wasProse = isProse
      isProse = isProse || key.map { YAMLParser.prose.contains($0.text) } ?? false
      defer { isProse = wasProse }
      let value = try self.node(from: try events.next(), depth: depth + 1)
      node.count += value.count + 1
      node.height = max(node.height, value.height + 1)
      guard let key else { continue }
      if let first = places[key.text] {
        report(.duplicateKey(key.text, first: first), key.position)
      } else {
        places[key.text] = key.position
        pairs.append((key, value))
      }
    }
    node.value = .map(pairs)
    return node
  }

  private func key(of node: YAMLNode) -> ConfigurationNode.Key? {
    guard case .scalar(let scalar) = node.value else {
      report(.keyIsNoText, node.position)
      return nil
    }
    guard !scalar.isEmpty else {
      report(.keyIsEmpty, node.position)
      return nil
    }
    guard scalar.text != "<<" || scalar.style != .plain else {
      report(.mergeKey, node.position)
      return nil
    }
    if let other = scalar.text.unicodeScalars.first(where: { (0xFF01...0xFF5E).contains($0.value) }) {
      report(.lookAlike(UnseenCharacter(scalar: other, offset: 0)), node.position)
    }
    return ConfigurationNode.Key(text: scalar.text, position: node.position)
  }

  private mutating func aliased(_ name: String, at position: SourcePosition, depth: Int) throws(Diagnostic) -> YAMLNode {
    guard let node = anchors[name] else { throw Diagnostic.unknownAnchor(name).at(position) }
    aliasedNodes += node.count
    guard aliasedNodes <= YAMLParser.maximumAliasedNodes else {
      throw Diagnostic.aliasesExpandTooFar(limit: YAMLParser.maximumAliasedNodes).at(position)
    }
    guard depth + node.height - 1 <= YAMLParser.maximumDepth else {
      throw Diagnostic.tooDeep(limit: YAMLParser.maximumDepth).at(position)
    }
    return node
  }

  /// Reports a quoted text that spans lines and contains a `key:`, or that ends where another text starts: its closing
  /// quote is missing.
  private func reportSwallowedLines(of scalar: YAMLScalar) {
    guard scalar.style == .singleQuoted || scalar.style == .doubleQuoted else { return }
    let end = scalar.range.upperBound
    let lines = source.scalars[scalar.range.clamped(to: 0..<source.scalars.count)].split(whereSeparator: SourceText.isBreak)
    guard lines.count > 1 else { return }
    let isCutShort = end < source.scalars.count && source.scalars[end] == "#"
    if isCutShort || lines.dropFirst().contains(where: YAMLParser.beginsWithKey) {
      report(.quoteNotClosed, source.position(of: scalar.range.lowerBound))
    }
  }

  /// `key: …` or `- key: …`, with the key in lower case like all keys of a flow file.
  private static func beginsWithKey(_ line: ArraySlice<Unicode.Scalar>) -> Bool {
    var rest = line.drop { $0 == " " }
    if rest.first == "-" { rest = rest.dropFirst().drop { $0 == " " } }
    let name = rest.prefix { ("a"..."z").contains($0) || $0 == "_" }
    guard !name.isEmpty, name.endIndex < rest.endIndex, rest[name.endIndex] == ":" else { return false }
    let next = name.endIndex + 1
    return next == rest.endIndex || rest[next] == " "
  }

  /// Reports an invisible character or a typographic quote at its position and removes it from the text, so that it is
  /// reported once.
  private func reportUnseen(in scalar: inout YAMLScalar) {
    let written = source.scalars[scalar.range.clamped(to: 0..<source.scalars.count)]
    let place = scalar.range.lowerBound
    let hidden = UnseenCharacter.hidden(in: written, lineBreaksAreText: true)
      .first { scalar.style != .block || $0.scalar != "\t" }
    if let hidden {
      report(.unseen(hidden), source.position(of: place + hidden.offset))
      scalar.text = scalar.text.withoutUnseen
    }
    if scalar.style == .plain, let first = written.first, UnseenCharacter.isTypographicQuote(first) {
      report(.typographicQuote(UnseenCharacter(scalar: first, offset: 0)), source.position(of: place))
      scalar.text = String(String.UnicodeScalarView(scalar.text.unicodeScalars.filter { !UnseenCharacter.isTypographicQuote($0) }))
    }
  }

  /// `path: #{database}` without quotes is a comment in YAML, and the value is silently empty. That is never intended.
  private func reportComment(after scalar: YAMLScalar) -> Bool {
    guard scalar.style == .plain else { return false }
    let rest = source.scalars[scalar.range.upperBound...].prefix { !SourceText.isBreak($0) }
    let comment = rest.drop { $0 == " " || $0 == "\t" }
    guard let reference = ParameterText.unquotedReference(at: comment) else { return false }
    report(.parameterInComment(reference), source.position(of: comment.startIndex))
    return true
  }
}

extension String {
  fileprivate func replacingPrefix(_ prefix: String, with other: String) -> String {
    hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
  }
}

extension String {
  /// The text without invisible characters and the blanks that they leave at its ends.
  fileprivate var withoutUnseen: String {
    let hidden = Set(UnseenCharacter.hidden(in: unicodeScalars, lineBreaksAreText: true).map(\.offset))
    var kept = unicodeScalars.enumerated().filter { !hidden.contains($0.offset) }.map(\.element)
    while kept.last == " " { kept.removeLast() }
    return String(String.UnicodeScalarView(kept.drop { $0 == " " }))
  }
}
