/// The type of a property: its name, its description for messages, and how it is parsed.
package struct PropertyKind<Value: Sendable>: Sendable {
  package let name: String
  /// Continues "expected": `a duration such as 30s`.
  package let expected: String
  package let members: [PropertyDescriptor]
  package let serviceRole: ServiceRole?
  /// The only texts that it reads; empty: it reads others too.
  package let choices: [String]
  /// Returns nil after reporting the reason.
  package let read: @Sendable (ConfigurationNode, PropertyReader) -> Value?

  package init(
    _ name: String, expected: String, members: [PropertyDescriptor] = [], serviceRole: ServiceRole? = nil, choices: [String] = [],
    read: @escaping @Sendable (ConfigurationNode, PropertyReader) -> Value?
  ) {
    self.name = name
    self.expected = expected
    self.members = members
    self.serviceRole = serviceRole
    self.choices = choices
    self.read = read
  }

  /// A kind parsed from a scalar's text; if `parse` returns nil, the mismatch is reported.
  /// - Parameter whereWrong: returns a more specific expectation for a text that `parse` rejected.
  package static func scalar(
    _ name: String, expected: String, whereWrong: (@Sendable (String) -> String)? = nil, _ parse: @escaping @Sendable (String) -> Value?
  ) -> PropertyKind {
    PropertyKind(name, expected: expected) { node, reader in
      guard case .scalar(let text) = node.value else {
        reader.report(node, expected: expected)
        return nil
      }
      if let value = parse(text) { return value }
      reader.report(node, expected: whereWrong?(text) ?? expected)
      return nil
    }
  }
}

extension PropertyKind where Value == String {
  /// Literal text, not empty; `${…}` is not evaluated.
  package static var text: PropertyKind { .scalar("text", expected: "text") { $0.isEmpty ? nil : $0 } }
  /// Text that may be empty.
  package static var optionalText: PropertyKind {
    PropertyKind("text", expected: "text, or nothing") { node, reader in
      switch node.value {
      case .scalar(let text): return text
      case .empty: return ""
      default:
        reader.report(node, expected: "text, or nothing")
        return nil
      }
    }
  }
  package static var path: PropertyKind {
    PropertyKind("path", expected: "a path") { node, reader in
      guard case .scalar(let text) = node.value, !text.isEmpty, !text.contains("\0") else {
        reader.report(node, expected: "a path")
        return nil
      }
      guard !HomeFolder.isUnexpanded(text) else {
        reader.report(node, expected: HomeFolder.expected, hint: HomeFolder.hint)
        return nil
      }
      return text
    }
  }
}

extension PropertyKind where Value == Int {
  package static func integer(_ range: ClosedRange<Int> = Int.min...Int.max) -> PropertyKind {
    let bounds =
      range.lowerBound == Int.min && range.upperBound == Int.max
      ? "" : range.upperBound == Int.max ? " of at least \(range.lowerBound)" : " from \(range.lowerBound) to \(range.upperBound)"
    return .scalar("integer", expected: "a whole number" + bounds) { text in
      Int(text.filter { $0 != "_" }).flatMap { range.contains($0) ? $0 : nil }
    }
  }
  package static var byteSize: PropertyKind {
    .scalar("size", expected: Units.expectedSize(for: ""), whereWrong: Units.expectedSize(for:), Units.bytes)
  }
}

extension PropertyKind where Value == Double {
  package static var real: PropertyKind {
    .scalar("number", expected: "a number") { text in Double(text).flatMap { $0.isFinite ? $0 : nil } }
  }
}

extension PropertyKind where Value == Bool {
  package static var boolean: PropertyKind {
    .scalar("boolean", expected: "true or false") { $0 == "true" ? true : $0 == "false" ? false : nil }
  }
}

extension PropertyKind where Value == Duration {
  package static var duration: PropertyKind {
    .scalar("duration", expected: Units.expectedDuration(for: ""), whereWrong: Units.expectedDuration(for:), Units.duration)
  }
}

extension PropertyKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  package static var choice: PropertyKind {
    let names = Value.allCases.map(\.rawValue)
    let expected = "one of " + names.joined(separator: ", ")
    return PropertyKind("choice", expected: expected, choices: names) { node, reader in
      if case .scalar(let text) = node.value {
        if let value = Value(rawValue: text) { return value }
        reader.report(node, expected: expected, hint: NearestName.suggestion(for: text, among: names))
      } else {
        reader.report(node, expected: expected)
      }
      return nil
    }
  }
}

extension PropertyKind where Value == any AttributeExpression {
  /// Text that may contain `${…}`; evaluated for each FlowFile.
  package static var expression: PropertyKind {
    PropertyKind("expression", expected: "text, optionally with ${…} expressions") { node, reader in
      switch node.value {
      case .scalar(let text): return reader.compile(text, of: node)
      case .empty: return reader.compile("", of: node)
      default:
        reader.report(node, expected: "text, optionally with ${…} expressions")
        return nil
      }
    }
  }
}

extension PropertyKind where Value == ServiceReference {
  /// The name of a service in the flow file that has the role.
  package static func service(_ role: ServiceRole) -> PropertyKind {
    PropertyKind("service", expected: "the name of a \(role.name) under services", serviceRole: role) { node, reader in
      guard case .scalar(let name) = node.value else {
        reader.report(node, expected: "the name of a \(role.name) under services")
        return nil
      }
      return reader.service(name, role: role, at: node)
    }
  }
}

extension PropertyKind {
  /// A list with elements of one kind.
  package static func list<Element>(of kind: PropertyKind<Element>) -> PropertyKind where Value == [Element] {
    let expected = "a list, each element \(kind.expected)"
    return PropertyKind("list of \(kind.name)", expected: expected, members: kind.members, serviceRole: kind.serviceRole, choices: kind.choices) {
      node, reader in
      guard case .list(let nodes) = node.value else {
        if case .empty = node.value { return [] }
        reader.report(node, expected: expected)
        return nil
      }
      let elements = nodes.map { kind.read($0, reader) }
      return elements.contains { $0 == nil } ? nil : elements.compactMap { $0 }
    }
  }

  /// A map from names to values of one kind, in file order.
  package static func map<Element>(
    of kind: PropertyKind<Element>
  ) -> PropertyKind where Value == [NamedValue<Element>] {
    let expected = "a map, each value \(kind.expected)"
    return PropertyKind("map of \(kind.name)", expected: expected, members: kind.members) { node, reader in
      guard case .map(let pairs) = node.value else {
        if case .empty = node.value { return [] }
        reader.report(node, expected: expected)
        return nil
      }
      let values = pairs.map { pair in
        kind.read(pair.value, reader.inside(pair.key.text)).map {
          NamedValue(name: pair.key.text, value: $0, position: pair.key.position)
        }
      }
      return values.contains { $0 == nil } ? nil : values.compactMap { $0 }
    }
  }

  /// A map with the members of a record type.
  package static func record(_ type: Value.Type) -> PropertyKind where Value: ConfigurationRecord {
    let names = type.properties.map(\.name).joined(separator: ", ")
    let expected = "a map with \(names)"
    return PropertyKind("record", expected: expected, members: type.properties) { node, reader in
      guard case .map = node.value else {
        reader.report(node, expected: expected)
        return nil
      }
      guard let values = reader.read(node, properties: type.properties) else { return nil }
      return Value(values, node: node, reader: reader)
    }
  }
}

/// An entry of a map in the flow file.
package struct NamedValue<Value: Sendable>: Sendable {
  package var name: String
  package var value: Value
  package var position: SourcePosition
  package init(name: String, value: Value, position: SourcePosition) {
    self.name = name
    self.value = value
    self.position = position
  }
}
