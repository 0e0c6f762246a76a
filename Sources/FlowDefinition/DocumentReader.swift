import FlowCore

/// Reads the structure of a flow file from its nodes.
struct DocumentReader {
  private let source: SourceText
  private let problems: ProblemList
  private let plain: NodeBuilder

  init(source: SourceText, problems: ProblemList) {
    self.source = source
    self.problems = problems
    plain = NodeBuilder(source: source, resolved: nil)
  }

  /// - Parameter resolve: computes the parameter values once their declarations are read; the rest of the document is
  ///   read with them.
  func document(_ root: YAMLNode, resolve: ([ParameterDeclaration]) -> ResolvedParameters) -> FlowDocument? {
    guard case .map(let pairs) = root.value else {
      problems.report(
        .wrongShape(nil, node(root, plain), expected: "a map with " + FlowDocument.keys.joined(separator: ", ")),
        at: root.position)
      return nil
    }
    var parts: [String: YAMLNode] = [:]
    var misspelt: Set<String> = []
    for pair in pairs {
      parts[pair.key.text] = pair.value
      if !FlowDocument.keys.contains(pair.key.text) {
        problems.report(.unknownKey(pair.key.text, in: nil, among: FlowDocument.keys), at: pair.key.position)
        if let key = NearestName.of(pair.key.text, among: FlowDocument.keys) { misspelt.insert(key) }
      }
    }
    var document = FlowDocument()
    document.parameters = parameters(parts["parameters"])
    let builder = NodeBuilder(source: source, resolved: resolve(document.parameters))
    if parts["flow"] == nil && !misspelt.contains("flow") { problems.report(.flowHasNoName, at: root.position) }
    let head = head(parts, builder)
    document.name = head.name
    document.summary = head.summary
    document.queue = defaultQueue(parts["defaults"], builder)
    if let yaml = parts["schedule"] { document.schedule = ScheduleReader(problems: problems).schedule(node(yaml, builder)) }
    document.services = services(parts["services"], builder)
    if parts["processors"] == nil && !misspelt.contains("processors") { problems.report(.noProcessors, at: root.position) }
    document.processors = processors(parts["processors"], builder)
    return document
  }

  private func node(_ yaml: YAMLNode, _ builder: NodeBuilder, subject: String = "") -> ConfigurationNode {
    builder.node(yaml) { problems.report($0, at: $1, subject: subject) }
  }

  // MARK: Head

  private func head(_ parts: [String: YAMLNode], _ builder: NodeBuilder) -> (name: String, summary: String) {
    func text(_ key: String) -> (String, SourcePosition)? {
      guard let part = parts[key].map({ node($0, builder) }), !part.isUnresolved else { return nil }
      guard part.firstSensitive == nil else {
        problems.report(.sensitiveValue(key), at: part.position)
        return nil
      }
      switch part.value {
      case .scalar(let text): return (text, part.position)
      case .empty: return ("", part.position)
      case .list, .map:
        problems.report(.wrongShape(key, part, expected: "text"), at: part.position)
        return nil
      }
    }
    let name = text("flow")
    if let name, let finding = NameRules.finding(about: name.0, of: "flow") { problems.report(finding, at: name.1) }
    return (name?.0 ?? "", text("summary")?.0 ?? "")
  }

  private func parameters(_ yaml: YAMLNode?) -> [ParameterDeclaration] {
    pairs(yaml, plain, name: "parameters", expected: "a map from names to default, environment, help, sensitive")
      .map { ParameterDeclaration($0.key, $0.value, problems: problems) }
  }

  private func defaultQueue(_ yaml: YAMLNode?, _ builder: NodeBuilder) -> QueueLimits {
    guard let yaml,
      let section = Section(node(yaml, builder), keys: ["queue"], subject: "", problems: problems, name: "defaults"),
      let queue = section["queue"]
    else { return QueueLimits() }
    return QueueReader(problems: problems, subject: "").limits(queue, defaults: QueueLimits())
  }

  /// The entries of a map with arbitrary keys.
  private func pairs(
    _ yaml: YAMLNode?, _ builder: NodeBuilder, name: String, expected: String
  ) -> [(key: ConfigurationNode.Key, value: ConfigurationNode)] {
    guard let yaml else { return [] }
    switch yaml.value {
    case .scalar(let scalar) where scalar.isEmpty: return []
    case .map(let pairs):
      let subject = String(name.dropLast())
      return pairs.map { ($0.key, node($0.value, builder, subject: "\(subject) '\($0.key.text)'")) }
    default:
      problems.report(.wrongShape(name, node(yaml, plain), expected: expected), at: yaml.position)
      return []
    }
  }

  // MARK: Services

  private func services(_ yaml: YAMLNode?, _ builder: NodeBuilder) -> [ServiceEntry] {
    pairs(yaml, builder, name: "services", expected: "a map from names to type and properties").compactMap { pair in
      let subject = "service '\(pair.key.text)'"
      guard case .map(let members) = pair.value.value else {
        problems.report(
          .wrongShape(nil, pair.value, expected: "a map with type and properties"), at: pair.value.position,
          subject: subject)
        return nil
      }
      if let finding = NameRules.finding(about: pair.key.text, of: "service") {
        problems.report(finding, at: pair.key.position, subject: subject)
      }
      return ServiceEntry(
        name: pair.key.text, position: pair.key.position, type: members.first { $0.key.text == "type" }?.value,
        misspeltType: members.map(\.key).first { NearestName.of($0.text, among: ["type"]) != nil },
        properties: ConfigurationNode(.map(members.filter { $0.key.text != "type" }), position: pair.key.position))
    }
  }

  // MARK: Processors

  private func processors(_ yaml: YAMLNode?, _ builder: NodeBuilder) -> [ProcessorEntry] {
    guard let yaml else { return [] }
    guard case .list(let elements) = yaml.value else {
      problems.report(
        .wrongShape("processors", node(yaml, plain), expected: "a list of processors, each starting with '- name:'"),
        at: yaml.position)
      return []
    }
    if elements.isEmpty { problems.report(.noProcessors, at: yaml.position) }
    return elements.enumerated().compactMap { index, element in
      var findings: [(Diagnostic, SourcePosition)] = []
      let node = builder.node(element) { findings.append(($0, $1)) }
      let reader = ProcessorEntryReader(node, number: index + 1, problems: problems)
      for (finding, position) in findings { problems.report(finding, at: position, subject: reader.subject) }
      return reader.entry()
    }
  }
}
