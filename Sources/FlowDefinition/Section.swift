import FlowCore

/// A map with a fixed set of keys: a processor, a parameter, a queue. Reports unknown keys.
struct Section {
  let node: ConfigurationNode
  let subject: String
  private let problems: ProblemList
  private let values: [String: ConfigurationNode]
  /// Expected keys that unknown ones resemble: their absence is already reported.
  let misspelt: Set<String>
  /// The enclosing part, for messages; nil: the subject itself.
  private let name: String?

  /// - Parameters:
  ///   - keys: the known keys.
  ///   - name: the enclosing part (`retry`); nil: the subject itself.
  /// - Returns: nil, after a report, if the node is not a map. An empty value is an empty map.
  init?(_ node: ConfigurationNode, keys: [String], subject: String, problems: ProblemList, name: String? = nil) {
    self.node = node
    self.subject = subject
    self.problems = problems
    self.name = name
    var values: [String: ConfigurationNode] = [:]
    var misspelt: Set<String> = []
    switch node.value {
    case .empty: break
    case .map(let pairs):
      for pair in pairs {
        values[pair.key.text] = pair.value
        if !keys.contains(pair.key.text) {
          problems.report(.unknownKey(pair.key.text, in: name, among: keys), at: pair.key.position, subject: subject)
          if let key = NearestName.of(pair.key.text, among: keys) { misspelt.insert(key) }
        }
      }
    default:
      let shape = "a map with " + keys.joined(separator: ", ")
      problems.report(.wrongShape(name, node, expected: shape), at: node.position, subject: subject)
      return nil
    }
    self.values = values
    self.misspelt = misspelt
  }

  subscript(key: String) -> ConfigurationNode? { values[key] }

  func report(_ finding: Diagnostic, at position: SourcePosition) {
    problems.report(finding, at: position, subject: subject)
  }

  /// Reads a value of a kind; nil if it is absent, empty or reported.
  func value<Value>(_ key: String, _ kind: PropertyKind<Value>) -> Value? {
    guard let node = values[key], !node.isUnresolved else { return nil }
    if case .empty = node.value { return nil }
    if let secret = node.firstSensitive {
      report(.sensitiveValue(name.map { "\($0).\(key)" } ?? key), at: secret.position)
      return nil
    }
    let reader = PropertyReader(file: problems.file, subject: subject, compiler: RefusedExpressions(), services: [:])
    let value = kind.read(node, (name.map { reader.inside($0) } ?? reader).inside(key))
    problems.append(reader.problems)
    return value
  }

  /// Whether the node is text or empty; reports anything else.
  func isText(_ node: ConfigurationNode, _ name: String) -> Bool {
    switch node.value {
    case .scalar, .empty: return true
    case .list, .map:
      report(.wrongShape(name, node, expected: "text"), at: node.position)
      return false
    }
  }
}

/// The structural keys of a flow file do not allow expressions, so their kinds never compile one.
struct RefusedExpressions: ExpressionCompiler {
  func compile(_ text: String) throws -> any AttributeExpression {
    throw Diagnostic(
      .expressionSyntax, at: Diagnostic.Place(offset: 0), found: "an expression is not allowed here", expected: "plain text")
  }
}
