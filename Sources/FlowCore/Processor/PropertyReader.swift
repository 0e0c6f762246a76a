/// Reads properties from nodes and gathers every problem. Used by one thread while a flow file is loaded; never shared.
package final class PropertyReader {
  /// Gathered problems, in the order found.
  private final class Collection {
    var problems: [Problem] = []
    /// Values left unread because a parameter in them has none: that was reported where the parameter is.
    var unresolved = 0
  }

  private let collection: Collection
  package let file: String?
  /// Whose properties: `SliceTimeRange 'slice time range'`.
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

  package var problems: [Problem] { collection.problems }

  /// A reader for a member: its problems name the member too.
  package func inside(_ name: String) -> PropertyReader { PropertyReader(self, path: path + [name]) }

  /// Reports that the node does not hold what it should.
  package func report(_ node: ConfigurationNode, expected: String?, hint: String? = nil) {
    guard !node.isUnresolved else {
      collection.unresolved += 1
      return
    }
    report(at: node.position, found: "\(propertyWords) is \(node.summary)", expected: expected, hint: hint)
  }

  package func report(at position: SourcePosition, found: String, expected: String? = nil, hint: String? = nil) {
    collection.problems.append(
      Problem(file: file, position: position, subject: subject, found: found, expected: expected, hint: hint))
  }

  private var propertyWords: String {
    path.isEmpty ? "the value" : "property '\(path.joined(separator: "."))'"
  }

  /// Reads a map's members as the properties say. Reports unknown names, missing ones and values that do not fit; nil if any.
  package func read(_ node: ConfigurationNode, properties: [PropertyDescriptor]) -> PropertyValues? {
    let before = (problems.count, collection.unresolved)
    var pairs: [(key: ConfigurationNode.Key, value: ConfigurationNode)] = []
    switch node.value {
    case .map(let written): pairs = written
    case .empty: break
    default: report(node, expected: "a map")
    }
    let names = properties.map(\.name)
    for pair in pairs where !names.contains(pair.key.text) {
      report(
        at: pair.key.position, found: "\(path.isEmpty ? "" : propertyWords + ": ")unknown property '\(pair.key.text)'",
        hint: NearestName.hint(for: pair.key.text, among: names))
    }
    var values = PropertyValues()
    for property in properties {
      let written = pairs.first { $0.key.text == property.name }?.value
      if let value = read(property, written, in: node) { values.set(property.name, value) }
    }
    return (problems.count, collection.unresolved) == before ? values : nil
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
        at: secret.position, found: "\(reader.propertyWords) is fed by a sensitive parameter",
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
        at: written?.position ?? parent.position,
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
      return try compiler.compile(text)
    } catch where node.isSensitive {
      report(
        at: node.position, found: "\(propertyWords) holds a sensitive value with an expression that does not compile",
        expected: "a value without ${…}, or with $${ for the text ${")
    } catch let mistake as ExpressionMistake {
      report(
        at: node.position(ofCharacter: mistake.offset), found: "\(propertyWords): \(mistake.found)",
        expected: mistake.expected, hint: mistake.hint)
    } catch {
      report(at: node.position, found: "\(propertyWords): \(error)")
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
        at: node.position, found: "\(propertyWords) names an unknown service '\(name)'",
        expected: "a \(role.rawValue) under services",
        hint: NearestName.hint(for: name, among: services.keys.sorted()))
      return nil
    }
    guard roles.contains(role) else {
      report(at: node.position, found: "\(propertyWords): service '\(name)' is no \(role.rawValue)", expected: "a \(role.rawValue)")
      return nil
    }
    return ServiceReference(name: name)
  }
}
