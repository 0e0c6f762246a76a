/// Parses properties from nodes and collects every problem. Confined to the thread that loads the flow file.
package final class PropertyReader {
  /// The problems in the order found, shared by nested readers.
  private final class Collection {
    var problems: [Diagnostic] = []
    var notes = PropertyNotes()
    /// The number of values skipped because they contain a parameter without a value, which is reported at the
    /// parameter.
    var unresolved = 0
  }

  private let collection: Collection
  package let file: String?
  /// What the properties belong to: `RouteOnAttribute 'by age'`.
  package let subject: String
  private let compiler: any ExpressionCompiler
  private let services: [String: Set<ServiceRole>]
  /// The property being read, for messages.
  private let path: [String]

  package init(file: String?, subject: String, compiler: any ExpressionCompiler, services: [String: Set<ServiceRole>]) {
    self.file = file
    self.subject = subject
    self.compiler = compiler
    self.services = services
    collection = Collection()
    path = []
  }

  private init(_ parent: PropertyReader, path: [String]) {
    file = parent.file
    subject = parent.subject
    compiler = parent.compiler
    services = parent.services
    collection = parent.collection
    self.path = path
  }

  package var problems: [Diagnostic] { collection.problems }
  /// Values collected for the rules over the whole flow.
  package var notes: PropertyNotes { collection.notes }

  /// A reader for a member, whose problems include the member's name.
  package func inside(_ name: String) -> PropertyReader { PropertyReader(self, path: path + [name]) }

  /// Reports that a node has the wrong value.
  package func report(
    _ node: ConfigurationNode, _ code: DiagnosticCode = .unsuitableValue, expected: String?, hint: String? = nil
  ) {
    guard !node.isUnresolved else {
      collection.unresolved += 1
      return
    }
    report(code, about: node, found: "is \(node.summary)", expected: expected, hint: hint ?? node.lookAlikeHint)
  }

  /// Reports a problem at a character of the node's text.
  package func report(
    _ node: ConfigurationNode, atCharacter offset: Int, _ code: DiagnosticCode = .unsuitableValue, found: String, expected: String?,
    hint: String? = nil
  ) {
    report(code, about: node, at: node.position(ofCharacter: offset), found: ": " + found, expected: expected, hint: hint)
  }

  /// Reports at the position in the flow file, or where the value was given outside of it: then the property itself is
  /// not at fault.
  private func report(
    _ code: DiagnosticCode, about node: ConfigurationNode, at position: SourcePosition? = nil, found: String, expected: String?,
    hint: String?
  ) {
    if let given = node.given {
      add(
        code, file: given.file, at: given.position, subject: given.subject, found: PropertyReader.joined("the value", found),
        expected: expected, hint: hint)
    } else {
      add(
        code, file: file, at: position ?? node.position, subject: subject, found: PropertyReader.joined(propertyWords, found),
        expected: expected, hint: hint)
    }
  }

  /// Reports at a position in the flow file.
  package func report(
    _ code: DiagnosticCode, at position: SourcePosition, found: String, expected: String? = nil, hint: String? = nil
  ) {
    add(code, file: file, at: position, subject: subject, found: found, expected: expected, hint: hint)
  }

  private func add(
    _ code: DiagnosticCode, file: String?, at position: SourcePosition?, subject: String, found: String, expected: String?, hint: String?
  ) {
    collection.problems.append(
      Diagnostic(code, file: file, position: position, subject: subject, found: found, expected: expected, hint: hint))
  }

  private static func joined(_ what: String, _ found: String) -> String { found.hasPrefix(":") ? what + found : "\(what) \(found)" }

  /// Records a value for the rules over the whole flow, which query it by type.
  package func note(_ value: some Sendable, at node: ConfigurationNode) { collection.notes.add(value, at: node) }

  private var propertyWords: String {
    path.isEmpty ? "the value" : "property '\(path.joined(separator: "."))'"
  }

  /// Parses a map's members according to the properties. Reports unknown names, missing properties and invalid values;
  /// returns nil if there are any.
  package func read(_ node: ConfigurationNode, properties: [PropertyDescriptor], withdrawn: [String: String] = [:]) -> PropertyValues? {
    let before = (problems.count, collection.unresolved)
    var pairs: [(key: ConfigurationNode.Key, value: ConfigurationNode)] = []
    switch node.value {
    case .map(let written): pairs = written
    case .empty: break
    default: report(node, expected: "a map")
    }
    pairs = withPresentNames(pairs, properties)
    let misspelt = reportUnknown(pairs.map(\.key), among: properties.map(\.name), withdrawn: withdrawn)
    var values = PropertyValues()
    for property in properties {
      let written = pairs.first { $0.key.text == property.name }?.value
      // A misspelt name is already reported; the missing property is the same mistake.
      if written == nil && property.isRequired && misspelt.contains(property.name) { continue }
      if let value = read(property, written, in: node) { values.set(property.name, value) }
    }
    return (problems.count, collection.unresolved) == before ? values : nil
  }

  /// Replaces names of earlier versions. Both names of a property at once are a problem.
  private func withPresentNames(
    _ pairs: [(key: ConfigurationNode.Key, value: ConfigurationNode)], _ properties: [PropertyDescriptor]
  ) -> [(key: ConfigurationNode.Key, value: ConfigurationNode)] {
    pairs.map { pair in
      guard let property = properties.first(where: { $0.formerNames.contains(pair.key.text) }) else { return pair }
      if let other = pairs.first(where: { $0.key.text == property.name }) {
        report(
          .conflictingProperties, at: pair.key.position, found: "'\(pair.key.text)' is the former name of '\(property.name)', which is also given",
          expected: "one of them", hint: "'\(property.name)' is in line \(other.key.position.line)")
      }
      return (ConfigurationNode.Key(text: property.name, position: pair.key.position), pair.value)
    }
  }

  /// Returns the property names that the unknown keys probably meant.
  private func reportUnknown(_ keys: [ConfigurationNode.Key], among names: [String], withdrawn: [String: String]) -> Set<String> {
    var misspelt: Set<String> = []
    for key in keys where !names.contains(key.text) {
      if let instead = withdrawn[key.text] {
        report(
          .withdrawnProperty, at: key.position, found: "\(path.isEmpty ? "" : propertyWords + ": ")'\(key.text)' was a property of earlier versions", hint: instead)
        continue
      }
      report(
        .unknownProperty, at: key.position, found: "\(path.isEmpty ? "" : propertyWords + ": ")unknown property '\(key.text)'",
        hint: NearestName.hint(for: key.text, among: names))
      if let name = NearestName.of(key.text, among: names) { misspelt.insert(name) }
    }
    return misspelt
  }

  private func read(
    _ property: PropertyDescriptor, _ written: ConfigurationNode?, in parent: ConfigurationNode
  ) -> (any Sendable)? {
    let reader = inside(property.name)
    if let written, written.isUnresolved {
      collection.unresolved += 1
      return nil
    }
    // A record's members declare their own sensitivity. An empty value is reported too, because it may be set in
    // another environment.
    if let written, !property.isSensitive, let secret = property.members.isEmpty ? written.firstSensitive : nil {
      reader.report(
        .sensitiveProperty, at: secret.position, found: "\(reader.propertyWords) uses a sensitive parameter",
        expected: "a sensitive property, or a parameter that is not sensitive")
      return nil
    }
    if let written, !isUnset(written, property) {
      return property.read(written, reader)
    }
    if let text = property.defaultText {
      let node = ConfigurationNode(text.isEmpty ? .empty : .scalar(text), position: parent.position)
      return property.read(node, reader)
    }
    if property.isRequired {
      report(
        .missingProperty, at: written?.position ?? parent.position,
        found: "\(path.isEmpty ? "" : propertyWords + ": ")required property '\(property.name)' is missing",
        expected: property.expected)
    }
    return nil
  }

  /// An absent or empty value counts as unset, so an empty parameter leaves an optional property unset.
  private func isUnset(_ node: ConfigurationNode, _ property: PropertyDescriptor) -> Bool {
    switch node.value {
    case .empty: true
    case .scalar(let text): text.isEmpty && property.kindName != "expression"
    default: false
    }
  }

  func compile(_ text: String, of node: ConfigurationNode) -> (any AttributeExpression)? {
    guard !node.isUnresolved else {
      collection.unresolved += 1
      return nil
    }
    do {
      let expression = try compiler.compile(text)
      collection.notes.expressions.append((expression, node))
      return expression
    } catch where node.isSensitive {
      report(
        .sensitiveExpression, about: node, found: "contains a sensitive value that is not a valid expression",
        expected: "a value without ${…}, or with $${ for the text ${", hint: nil)
    } catch let mistake as Diagnostic {
      report(
        mistake.code, about: node, at: node.position(ofCharacter: mistake.place.offset ?? 0), found: ": " + mistake.found,
        expected: mistake.expected, hint: mistake.hint)
    } catch {
      report(.expressionSyntax, about: node, found: ": \(error)", expected: nil, hint: nil)
    }
    return nil
  }

  func service(_ name: String, role: ServiceRole, at node: ConfigurationNode) -> ServiceReference? {
    guard !node.isUnresolved else {
      collection.unresolved += 1
      return nil
    }
    guard let roles = services[name] else {
      report(
        .unknownService, at: node.position, found: "\(propertyWords) names an unknown service '\(name)'",
        expected: "a \(role.name) under services",
        hint: NearestName.hint(for: name, among: services.keys.sorted()))
      return nil
    }
    guard roles.contains(role) else {
      let fitting = services.filter { $0.value.contains(role) }.keys.sorted()
      report(
        .unsuitableService, at: node.position, found: "\(propertyWords): service '\(name)' is not a \(role.name)",
        expected: "a \(role.name)",
        hint: fitting.isEmpty ? nil : "available: " + fitting.joined(separator: ", "))
      return nil
    }
    note(ServiceUse(name: name, role: role), at: node)
    return ServiceReference(name: name)
  }
}

/// What the properties of a processor or service contribute to the rules over the whole flow, with nodes for positions.
package struct PropertyNotes: Sendable {
  package var expressions: [(expression: any AttributeExpression, node: ConfigurationNode)] = []
  private var values: [(value: any Sendable, node: ConfigurationNode)] = []
  package init() {}

  mutating func add(_ value: some Sendable, at node: ConfigurationNode) { values.append((value, node)) }

  /// The recorded values of one type, in the order read.
  package func all<Value>(_ type: Value.Type) -> [(value: Value, node: ConfigurationNode)] {
    values.compactMap { entry in (entry.value as? Value).map { ($0, entry.node) } }
  }
}

/// A service named by a property, with the role in which the processor uses it.
package struct ServiceUse: Sendable, Equatable {
  package var name: String
  package var role: ServiceRole
}

extension ConfigurationNode {
  /// Points out a character of a rejected value that looks like an ASCII character.
  fileprivate var lookAlikeHint: String? {
    guard case .scalar(let text) = value, !isSensitive, let other = UnseenCharacter.lookAlike(in: text.unicodeScalars) else { return nil }
    return "character \(other.offset + 1) is \(other.words)"
  }
}
