import FlowCore

extension FlowLoader {
  /// The effective flow with the origin of each value, or all problems of the file.
  ///
  /// Parameters are as in `load`.
  package func explain(
    bytes: [UInt8], file: String, given: [String: ParameterValue] = [:], environment: (String) -> String? = { _ in nil }
  ) -> Result<FlowExplanation, Diagnostics> {
    load(bytes: bytes, file: file, given: given, environment: environment).flatMap { graph in
      let problems = ProblemList(file: file)
      do throws(Diagnostic) {
        let source = try SourceText(bytes)
        guard let root = try YAMLParser.parse(source, problems: problems), case .map(let pairs) = root.value else { throw Diagnostic.emptyFile }
        var resolved = ResolvedParameters(values: [:], names: [])
        _ = DocumentReader(source: source, problems: problems).document(root) { declarations in
          resolved = ParameterResolver(declarations, given: given, environment: environment, problems: problems).resolve()
          return resolved
        }
        let writer = ExplanationWriter(
          file: file, builder: NodeBuilder(source: source, resolved: resolved), processors: processors, services: services)
        return .success(
          FlowExplanation(
            flow: graph.name, file: file, sha256: graph.sha256, parameters: graph.parameters.map { writer.parameter($0, resolved.values[$0.name]) },
            values: pairs.filter { $0.key.text != "parameters" }.flatMap { writer.values(of: $0.value, at: $0.key.text) }))
      } catch {
        return .failure(Diagnostics([error]))
      }
    }
  }
}

/// Writes down values and their origins.
private struct ExplanationWriter {
  let file: String
  let builder: NodeBuilder
  let processors: ProcessorCatalog
  let services: [ServiceDescriptor]

  // MARK: Parameters

  func parameter(_ parameter: FlowParameter, _ resolved: ResolvedParameters.Value?) -> FlowExplanation.Parameter {
    FlowExplanation.Parameter(
      name: parameter.name, value: parameter.isSensitive ? nil : parameter.value, origin: origin(parameter, resolved), help: parameter.help)
  }

  private func origin(_ parameter: FlowParameter, _ resolved: ResolvedParameters.Value?) -> FlowExplanation.Origin {
    let written = resolved?.written.map(place)
    switch parameter.origin {
    case .given: return FlowExplanation.Origin(kind: .option)
    case .file: return FlowExplanation.Origin(kind: .parametersFile, place: resolved?.given.map { place($0.position, in: $0.file ?? "") })
    case .environment: return FlowExplanation.Origin(kind: .environment, place: resolved?.variable)
    case .default: return FlowExplanation.Origin(kind: resolved?.isConditional == true ? .when : .default, place: written)
    }
  }

  // MARK: Sections

  func values(of yaml: YAMLNode, at key: String) -> [FlowExplanation.Value] {
    switch (key, yaml.value) {
    case ("services", .map(let pairs)): pairs.flatMap { service($0.value, [key, $0.key.text]) }
    case ("processors", .list(let elements)): elements.flatMap { processor($0, key) }
    default: values(yaml, [key], [])
    }
  }

  private func service(_ yaml: YAMLNode, _ path: [String]) -> [FlowExplanation.Value] {
    let type = text(of: yaml, "type")
    return values(yaml, path, services.first { $0.type == type }?.properties ?? [])
  }

  private func processor(_ yaml: YAMLNode, _ key: String) -> [FlowExplanation.Value] {
    guard case .map(let pairs) = yaml.value, let name = text(of: yaml, "name"), let type = text(of: yaml, "type"),
      let descriptor = processors[type]?.descriptor
    else { return values(yaml, [key], []) }
    let path = [key, name]
    var found = pairs.filter { $0.key.text != "name" }.flatMap { pair in
      values(pair.value, path + [pair.key.text], pair.key.text == "properties" ? descriptor.properties : [])
    }
    let keys = Set(pairs.map(\.key.text))
    if !keys.contains("properties") { found += defaults(descriptor.properties, besides: [], path + ["properties"]) }
    if !keys.contains("concurrency") {
      let origin = FlowExplanation.Origin(kind: .default)
      found.append(FlowExplanation.Value(path: path + ["concurrency"], value: "\(descriptor.concurrency)", origin: origin))
    }
    return found
  }

  private func text(of yaml: YAMLNode, _ key: String) -> String? {
    guard case .map(let pairs) = yaml.value, let value = pairs.first(where: { $0.key.text == key })?.value, case .scalar(let text) = node(value).value
    else { return nil }
    return text
  }

  // MARK: Values

  /// - Parameter properties: what the members of a map may be; empty where nothing is declared.
  private func values(_ yaml: YAMLNode, _ path: [String], _ properties: [PropertyDescriptor]) -> [FlowExplanation.Value] {
    switch yaml.value {
    case .scalar(let scalar): return [value(yaml, scalar, path, isSensitive: false)]
    case .list(let elements):
      return elements.enumerated().flatMap { values($1, path + ["\($0 + 1)"], properties) }
    case .map(let pairs):
      let written = pairs.flatMap { pair -> [FlowExplanation.Value] in
        let property = properties.first { $0.name == pair.key.text }
        if case .scalar(let scalar) = pair.value.value {
          return [value(pair.value, scalar, path + [pair.key.text], isSensitive: property?.isSensitive ?? false)]
        }
        guard let property else { return values(pair.value, path + [pair.key.text], []) }
        return values(pair.value, path + [pair.key.text], of: property)
      }
      return written + defaults(properties, besides: Set(pairs.map(\.key.text)), path)
    }
  }

  /// Of a property that is a map or a list. The members of a map of records belong to its values.
  private func values(_ yaml: YAMLNode, _ path: [String], of property: PropertyDescriptor) -> [FlowExplanation.Value] {
    guard property.kindName.hasPrefix("map of "), case .map(let pairs) = yaml.value else { return values(yaml, path, property.members) }
    return pairs.flatMap { values($0.value, path + [$0.key.text], property.members) }
  }

  private func value(_ yaml: YAMLNode, _ scalar: YAMLScalar, _ path: [String], isSensitive: Bool) -> FlowExplanation.Value {
    let node = node(yaml)
    let text = if case .scalar(let text) = node.value { text } else { "" }
    var parameters: [String] = []
    for reference in ParameterText(scalar.text).references
    where reference.place != .quotedInExpression && !parameters.contains(reference.name) { parameters.append(reference.name) }
    return FlowExplanation.Value(
      path: path, value: isSensitive || node.isSensitive ? nil : text,
      origin: FlowExplanation.Origin(kind: .file, place: place(yaml.position), parameters: parameters))
  }

  private func defaults(_ properties: [PropertyDescriptor], besides written: Set<String>, _ path: [String]) -> [FlowExplanation.Value] {
    properties.filter { !written.contains($0.name) }.compactMap { property in
      guard let text = property.defaultText, !text.isEmpty else { return nil }
      return FlowExplanation.Value(path: path + [property.name], value: text, origin: FlowExplanation.Origin(kind: .default))
    }
  }

  /// The file is valid: nothing is reported.
  private func node(_ yaml: YAMLNode) -> ConfigurationNode { builder.node(yaml) { _, _ in } }

  private func place(_ position: SourcePosition) -> String { place(position, in: file) }
  private func place(_ position: SourcePosition?, in file: String) -> String {
    position.map { "\(file):\($0.line):\($0.column)" } ?? file
  }
}
