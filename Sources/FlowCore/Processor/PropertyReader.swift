/// Reads properties from nodes and gathers every problem. Used by one thread while a flow file is loaded; never shared.
package final class PropertyReader {
  /// Gathered problems, in the order found.
  private final class Collection {
    var problems: [Diagnostic] = []
    var notes = PropertyNotes()
    /// Values left unread because a parameter in them has none: that was reported where the parameter is.
    var unresolved = 0
  }

  private let collection: Collection
  package let file: String?
  /// Whose properties: `RouteOnAttribute 'by age'`.
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
  /// What was read that the rules over the whole flow look at.
  package var notes: PropertyNotes { collection.notes }

  /// A reader for a member: its problems name the member too.
  package func inside(_ name: String) -> PropertyReader { PropertyReader(self, path: path + [name]) }

  /// Reports that the node does not hold what it should.
  package func report(
    _ node: ConfigurationNode, _ code: DiagnosticCode = .unsuitableValue, expected: String?, hint: String? = nil
  ) {
    guard !node.isUnresolved else {
      collection.unresolved += 1
      return
    }
    report(code, about: node, found: "is \(node.summary)", expected: expected, hint: hint ?? node.lookAlikeHint)
  }

  /// Reports what stands at a character of the node's text.
  package func report(
    _ node: ConfigurationNode, atCharacter offset: Int, _ code: DiagnosticCode = .unsuitableValue, found: String, expected: String?,
    hint: String? = nil
  ) {
    report(code, about: node, at: node.position(ofCharacter: offset), found: ": " + found, expected: expected, hint: hint)
  }

  /// Reports at the place in the flow file, or where the value was given from outside of it: then it is not the property that is wrong.
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

  /// Reports at a place of the flow file.
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

  /// Notes a value for the rules over the whole flow that look at values of its type.
  package func note(_ value: some Sendable, at node: ConfigurationNode) { collection.notes.add(value, at: node) }

  private var propertyWords: String {
    path.isEmpty ? "the value" : "property '\(path.joined(separator: "."))'"
  }

  /// Reads a map's members as the properties say. Reports unknown names, missing ones and values that do not fit; nil if any.
  package func read(_ node: ConfigurationNode, properties: [PropertyDescriptor], withdrawn: [String: String] = [:]) -> PropertyValues? {
    let before = (problems.count, collection.unresolved)
    var pairs: [(key: ConfigurationNode.Key, value: ConfigurationNode)] = []
    switch node.value {
    case .map(let written): pairs = written
    case .empty: break
    default: report(node, expected: "a map")
    }
    let misspelt = reportUnknown(pairs.map(\.key), among: properties.map(\.name), withdrawn: withdrawn)
    var values = PropertyValues()
    for property in properties {
      let written = pairs.first { $0.key.text == property.name }?.value
      // A misspelt name has been reported: that the right one is missing is the same mistake.
      if written == nil && property.isRequired && misspelt.contains(property.name) { continue }
      if let value = read(property, written, in: node) { values.set(property.name, value) }
    }
    return (problems.count, collection.unresolved) == before ? values : nil
  }

  /// Returns the names that unknown ones are near to.
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
    // A record's members say themselves which of them are sensitive. An empty value is told from here too: it may be
    // set another day.
    if let written, !property.isSensitive, let secret = property.members.isEmpty ? written.firstSensitive : nil {
      reader.report(
        .sensitiveProperty, at: secret.position, found: "\(reader.propertyWords) is fed by a sensitive parameter",
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

  /// Nothing written counts as unset where the property need not be given (an empty parameter does that).
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
        .sensitiveExpression, about: node, found: "holds a sensitive value with an expression that does not compile",
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
        hint: fitting.isEmpty ? nil : "there is " + fitting.joined(separator: ", "))
      return nil
    }
    note(ServiceUse(name: name, role: role), at: node)
    return ServiceReference(name: name)
  }
}

/// What a processor's or service's properties say that the rules over the whole flow look at, with the nodes for the places.
package struct PropertyNotes: Sendable {
  package var expressions: [(expression: any AttributeExpression, node: ConfigurationNode)] = []
  private var values: [(value: any Sendable, node: ConfigurationNode)] = []
  package init() {}

  mutating func add(_ value: some Sendable, at node: ConfigurationNode) { values.append((value, node)) }

  /// The noted values of a type, in the order read.
  package func all<Value>(_ type: Value.Type) -> [(value: Value, node: ConfigurationNode)] {
    values.compactMap { entry in (entry.value as? Value).map { ($0, entry.node) } }
  }
}

/// A service that a property names, in the role in which the processor uses it.
package struct ServiceUse: Sendable, Equatable {
  package var name: String
  package var role: ServiceRole
}

extension ConfigurationNode {
  /// Names the character of a refused value that looks like another one.
  fileprivate var lookAlikeHint: String? {
    guard case .scalar(let text) = value, !isSensitive, let other = UnseenCharacter.lookAlike(in: text.unicodeScalars) else { return nil }
    return "character \(other.offset + 1) is \(other.words)"
  }
}
