import FlowCore

/// A parameter's declaration in the flow file.
struct ParameterDeclaration: Sendable {
  /// True if every named parameter has the given value.
  struct Condition: Sendable {
    var terms: [(parameter: ConfigurationNode.Key, value: String)]
  }
  /// A default that applies under a condition.
  struct Alternative: Sendable {
    var condition: Condition
    var value: ConfigurationNode
  }

  var name: String
  var position: SourcePosition
  /// nil: no default, so a value must be given. An empty default means unset.
  var value: ConfigurationNode?
  var alternatives: [Alternative] = []
  var environment: String?
  var help = ""
  var isSensitive = false
  /// The values it may have; empty: any.
  var choices: [String] = []
  /// A missing value is a problem.
  var isRequired = false
  /// The declaration is invalid, which is reported: its value is unknown.
  var isBroken = false
  /// A missing value is a problem unless this is true.
  var requiredUnless: Condition?

  static let keys = ["default", "when", "environment", "help", "sensitive", "choices", "required", "required_unless"]

  var subject: String { "parameter '\(name)'" }

  init(_ key: ConfigurationNode.Key, _ node: ConfigurationNode, problems: ProblemList) {
    name = key.text
    position = key.position
    if !ParameterText.isName(name) { problems.report(.badParameterName(name), at: position, subject: subject) }
    guard
      let section = Section(node, keys: ParameterDeclaration.keys, subject: "parameter '\(name)'", problems: problems)
    else {
      isBroken = true
      return
    }
    value = section["default"]
    isBroken = value.map { !section.isText($0, "default") } ?? section.misspelt.contains("default")
    environment = section.value("environment", .text)
    help = section.value("help", .text) ?? ""
    isSensitive = section.value("sensitive", .boolean) ?? false
    choices = section.value("choices", .list(of: .text)) ?? []
    isRequired = section.value("required", .boolean) ?? false
    requiredUnless = section["required_unless"].map { ParameterDeclaration.condition($0, section, "required_unless") }
    alternatives = section["when"].map { ParameterDeclaration.alternatives($0, section) } ?? []
  }

  /// The conditions of the declaration, which name other parameters.
  var conditions: [Condition] { alternatives.map(\.condition) + [requiredUnless].compactMap { $0 } }

  private static func condition(_ node: ConfigurationNode, _ section: Section, _ name: String) -> Condition {
    guard case .map(let pairs) = node.value else {
      section.report(.wrongShape(name, node, expected: "a map from parameters to values"), at: node.position)
      return Condition(terms: [])
    }
    return Condition(
      terms: pairs.compactMap { pair in
        switch pair.value.value {
        case .scalar(let text): return (pair.key, text)
        case .empty: return (pair.key, "")
        default:
          section.report(.wrongShape("\(name).\(pair.key.text)", pair.value, expected: "text"), at: pair.value.position)
          return nil
        }
      })
  }

  /// The key that is meant as `default`, where there is none.
  private static func misspeltDefault(_ node: ConfigurationNode) -> ConfigurationNode.Key? {
    guard case .map(let pairs) = node.value, !pairs.contains(where: { $0.key.text == "default" }) else { return nil }
    return pairs.first { NearestName.of($0.key.text, among: ["default"]) != nil }?.key
  }

  private static func alternatives(_ node: ConfigurationNode, _ section: Section) -> [Alternative] {
    let nodes: [ConfigurationNode]
    if case .list(let elements) = node.value { nodes = elements } else { nodes = [node] }
    return nodes.compactMap { node in
      guard case .map(let pairs) = node.value, let value = pairs.first(where: { $0.key.text == "default" })?.value,
        section.isText(value, "when.default"), pairs.count > 1
      else {
        if let slip = misspeltDefault(node) {
          section.report(.unknownKey(slip.text, in: "when", among: ["default"]), at: slip.position)
          return nil
        }
        section.report(
          .wrongShape("when", node, expected: "a map with default and the parameters that it depends on"),
          at: node.position)
        return nil
      }
      let others = ConfigurationNode(.map(pairs.filter { $0.key.text != "default" }), position: node.position)
      return Alternative(condition: condition(others, section, "when"), value: value)
    }
  }
}
