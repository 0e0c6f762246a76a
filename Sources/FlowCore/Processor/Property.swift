/// A property of a processor or service, declared once with name, kind, default and documentation. Everything else is
/// derived from it.
///
///     static let window = Property("window", .duration, default: "30d", "Length of one window.")
package struct Property<Value: Sendable>: Sendable {
  package let name: String
  /// Names of earlier versions, which flow files may still use.
  package let formerNames: [String]
  package let kind: PropertyKind<Value>
  /// The default as written in a flow file; nil for none.
  package let defaultText: String?
  package let isRequired: Bool
  package let isSensitive: Bool
  package let documentation: String

  /// A property with a default, or without one (`default: nil`): read the latter with `values.optional(_:)`.
  package init(
    _ name: String, formerly formerNames: [String] = [], _ kind: PropertyKind<Value>, default defaultText: String? = nil,
    sensitive isSensitive: Bool = false, _ documentation: String
  ) {
    self.init(
      name: name, formerNames: formerNames, kind: kind, defaultText: defaultText, isRequired: false, isSensitive: isSensitive,
      documentation: documentation)
  }

  /// A property that the flow file must set.
  package static func required(
    _ name: String, _ kind: PropertyKind<Value>, sensitive isSensitive: Bool = false, _ documentation: String
  ) -> Property {
    Property(
      name: name, formerNames: [], kind: kind, defaultText: nil, isRequired: true, isSensitive: isSensitive, documentation: documentation)
  }

  private init(
    name: String, formerNames: [String], kind: PropertyKind<Value>, defaultText: String?, isRequired: Bool, isSensitive: Bool, documentation: String
  ) {
    self.name = name
    self.formerNames = formerNames
    self.kind = kind
    self.defaultText = defaultText
    self.isRequired = isRequired
    self.isSensitive = isSensitive
    self.documentation = documentation
  }
}

/// A type-erased property, for listings, documentation and checks.
package struct PropertyDescriptor: Sendable {
  package let name: String
  package let formerNames: [String]
  package let kindName: String
  /// Continues "expected": `a duration such as 30s, 10m, 24h or 7d`.
  package let expected: String
  package let defaultText: String?
  package let isRequired: Bool
  package let isSensitive: Bool
  package let documentation: String
  /// The members of a map value, or of each element of a list of maps.
  package let members: [PropertyDescriptor]
  /// The role that the named service must have, if the kind names a service.
  package let serviceRole: ServiceRole?
  /// The only texts that the value, or each element of a list, may be; empty: there are others.
  package let choices: [String]
  let read: @Sendable (ConfigurationNode, PropertyReader) -> (any Sendable)?

  package init<Value>(_ property: Property<Value>) {
    name = property.name
    formerNames = property.formerNames
    kindName = property.kind.name
    expected = property.kind.expected
    defaultText = property.defaultText
    isRequired = property.isRequired
    isSensitive = property.isSensitive
    documentation = property.documentation
    members = property.kind.members
    serviceRole = property.kind.serviceRole
    choices = property.kind.choices
    let kind = property.kind
    read = { node, reader in kind.read(node, reader) }
  }
}

/// The typed values of a processor's or service's properties: validated, with defaults filled in.
package struct PropertyValues: Sendable {
  private var values: [String: any Sendable]

  package init(_ values: [String: any Sendable] = [:]) { self.values = values }

  /// The value of a property. Precondition: the property is required or has a default.
  package subscript<Value>(property: Property<Value>) -> Value {
    guard let value = values[property.name] as? Value else {
      preconditionFailure("property '\(property.name)' is optional and unset: read it with optional(_:)")
    }
    return value
  }
  package func optional<Value>(_ property: Property<Value>) -> Value? { values[property.name] as? Value }
  /// A copy with one value replaced.
  package func replacing<Value>(_ property: Property<Value>, with value: Value) -> PropertyValues {
    var copy = self
    copy.set(property.name, value)
    return copy
  }
  mutating func set(_ name: String, _ value: any Sendable) { values[name] = value }
}

/// A type that is read from a map through its own properties: a response rule, a mapped column.
package protocol ConfigurationRecord: Sendable {
  static var properties: [PropertyDescriptor] { get }
  /// Reports to `reader` and returns nil if the members are inconsistent.
  init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader)
}
