/// A property of a processor or service, declared once: name, kind, default, documentation. Everything else derives from it.
///
///     static let window = Property("window", .duration, default: "30d", "Length of one window.")
package struct Property<Value: Sendable>: Sendable {
  package let name: String
  package let kind: PropertyKind<Value>
  /// The default as a person would write it; nil: none.
  package let defaultText: String?
  package let isRequired: Bool
  package let isSensitive: Bool
  package let documentation: String

  /// A property with a default, or an optional one (`default: nil`): read the latter with `values.optional(_:)`.
  package init(
    _ name: String, _ kind: PropertyKind<Value>, default defaultText: String? = nil, sensitive isSensitive: Bool = false,
    _ documentation: String
  ) {
    self.init(
      name: name, kind: kind, defaultText: defaultText, isRequired: false, isSensitive: isSensitive,
      documentation: documentation)
  }

  /// A property that must be given.
  package static func required(
    _ name: String, _ kind: PropertyKind<Value>, sensitive isSensitive: Bool = false, _ documentation: String
  ) -> Property {
    Property(
      name: name, kind: kind, defaultText: nil, isRequired: true, isSensitive: isSensitive, documentation: documentation)
  }

  private init(
    name: String, kind: PropertyKind<Value>, defaultText: String?, isRequired: Bool, isSensitive: Bool, documentation: String
  ) {
    self.name = name
    self.kind = kind
    self.defaultText = defaultText
    self.isRequired = isRequired
    self.isSensitive = isSensitive
    self.documentation = documentation
  }
}

/// A property without its value's type: for lists, documentation and checks.
package struct PropertyDescriptor: Sendable {
  package let name: String
  package let kindName: String
  /// Continues "expected": `a duration such as 30s, 10m, 24h or 7d`.
  package let expected: String
  package let defaultText: String?
  package let isRequired: Bool
  package let isSensitive: Bool
  package let documentation: String
  /// The members of a map value, or of each element of a list of maps.
  package let members: [PropertyDescriptor]
  /// The role that the named service must have, for kinds that name one.
  package let serviceRole: ServiceRole?
  let read: @Sendable (ConfigurationNode, PropertyReader) -> (any Sendable)?

  package init<Value>(_ property: Property<Value>) {
    name = property.name
    kindName = property.kind.name
    expected = property.kind.expected
    defaultText = property.defaultText
    isRequired = property.isRequired
    isSensitive = property.isSensitive
    documentation = property.documentation
    members = property.kind.members
    serviceRole = property.kind.serviceRole
    let kind = property.kind
    read = { node, reader in kind.read(node, reader) }
  }
}

/// The typed values of a processor's or service's properties, checked and with defaults filled in.
package struct PropertyValues: Sendable {
  private var values: [String: any Sendable]

  package init(_ values: [String: any Sendable] = [:]) { self.values = values }

  /// The value of a property that is required or has a default. Asking so for an optional one that is unset is a programmer's error.
  package subscript<Value>(property: Property<Value>) -> Value {
    guard let value = values[property.name] as? Value else {
      preconditionFailure("property '\(property.name)' is optional and unset: read it with optional(_:)")
    }
    return value
  }
  package func optional<Value>(_ property: Property<Value>) -> Value? { values[property.name] as? Value }
  /// The same values with another one in place.
  package func replacing<Value>(_ property: Property<Value>, with value: Value) -> PropertyValues {
    var copy = self
    copy.set(property.name, value)
    return copy
  }
  mutating func set(_ name: String, _ value: any Sendable) { values[name] = value }
}

/// A type that is read from a map by properties of its own: a response rule, a mapped column.
package protocol ConfigurationRecord: Sendable {
  static var properties: [PropertyDescriptor] { get }
  /// Reports to `reader` and returns nil where the members do not fit together.
  init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader)
}
