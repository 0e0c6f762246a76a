import FlowCore

/// Converts YAML nodes to configuration nodes: substitutes parameters and keeps the source position of every character.
struct NodeBuilder: Sendable {
  let source: SourceText
  /// nil: parameters are not substituted (inside the declarations of parameters).
  let resolved: ResolvedParameters?

  /// - Parameter report: receives references that cannot be resolved, with their positions.
  func node(_ yaml: YAMLNode, report: (Diagnostic, SourcePosition) -> Void) -> ConfigurationNode {
    switch yaml.value {
    case .list(let elements):
      return ConfigurationNode(.list(elements.map { node($0, report: report) }), position: yaml.position)
    case .map(let pairs):
      return ConfigurationNode(
        .map(pairs.map { (key: $0.key, value: node($0.value, report: report)) }), position: yaml.position)
    case .scalar(let scalar):
      if scalar.isCutByComment {
        return ConfigurationNode(.scalar(scalar.text), position: yaml.position, isUnresolved: true)
      }
      if scalar.isEmpty { return ConfigurationNode(.empty, position: yaml.position) }
      return self.scalar(scalar, at: yaml.position, report: report)
    }
  }

  private func scalar(
    _ scalar: YAMLScalar, at position: SourcePosition, report: (Diagnostic, SourcePosition) -> Void
  ) -> ConfigurationNode {
    guard let resolved else {
      return ConfigurationNode(.scalar(scalar.text), position: position, locate: locate(scalar, origins: nil))
    }
    let parts = ParameterText(scalar.text)
    let place = locate(scalar, origins: nil)
    var isSensitive = false
    var isUnresolved = !parts.mistakes.isEmpty
    for mistake in parts.mistakes { report(mistake.finding, place(mistake.offset)) }
    for reference in parts.references {
      if let value = resolved.values[reference.name] {
        isSensitive = isSensitive || value.isSensitive
        isUnresolved = isUnresolved || value.text == nil
      } else if reference.place != .quotedInExpression {
        report(.unknownParameter(reference.name, among: resolved.names), place(reference.range.lowerBound))
        isUnresolved = true
      }
    }
    let (text, origins) = parts.filled { resolved.values[$0]?.text }
    return ConfigurationNode(
      .scalar(text), position: position, isSensitive: isSensitive, isUnresolved: isUnresolved,
      given: parts.onlyReference.flatMap { resolved.values[$0]?.given },
      locate: locate(scalar, origins: parts.isPlain ? nil : origins))
  }

  /// Maps a character of the substituted text to the text as written, and from there to the source. The source is only
  /// scanned again if a problem asks for a position.
  private func locate(_ scalar: YAMLScalar, origins: [Int]?) -> @Sendable (Int) -> SourcePosition {
    let source = source
    return { offset in
      guard let indices = scalar.indices(in: source) else { return source.position(of: scalar.range.lowerBound) }
      let written = origins.map { $0[min(max(offset, 0), $0.count - 1)] } ?? offset
      return source.position(of: indices[min(max(written, 0), indices.count - 1)])
    }
  }
}
