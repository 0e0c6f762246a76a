/// A shared object that processors name in a property (NiFi's controller service).
package protocol Service: Sendable {
  /// Called once before the flow starts. Throws `Diagnostics` for configuration problems and `StopRun` for external
  /// failures.
  func prepare() async throws
  /// Called once at the end of the run, however it ended.
  func close() async throws
}

/// A purpose for which a service can be used. A property that names a service declares the role that it needs.
///
/// The set is open: the module that declares the role's protocol declares the role.
package struct ServiceRole: Hashable, Sendable {
  /// For messages: `record store`.
  package let name: String
  private let check: @Sendable (any Service) -> Bool

  /// - Parameter isPlayedBy: returns whether a service conforms to the role's protocol.
  package init(_ name: String, isPlayedBy check: @escaping @Sendable (any Service) -> Bool) {
    self.name = name
    self.check = check
  }

  package func isPlayed(by service: any Service) -> Bool { check(service) }
  package static func == (left: ServiceRole, right: ServiceRole) -> Bool { left.name == right.name }
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// A service's declaration, for validation and documentation.
package struct ServiceDescriptor: Sendable {
  package var type: String
  package var summary: String
  package var roles: Set<ServiceRole>
  package var properties: [PropertyDescriptor]
  /// The names that a processor's property may take from this service, by kind; a missing kind allows any name.
  package var vocabulary: [String: Set<String>]
  /// Checks that only the service can make; runs before the flow starts.
  package var check: (@Sendable (PropertyValues) -> [Diagnostic])?

  package init(
    type: String, summary: String, roles: Set<ServiceRole>, properties: [PropertyDescriptor], vocabulary: [String: Set<String>] = [:],
    check: (@Sendable (PropertyValues) -> [Diagnostic])? = nil
  ) {
    self.type = type
    self.summary = summary
    self.roles = roles
    self.properties = properties
    self.vocabulary = vocabulary
    self.check = check
  }
}

/// Refers to a service by its name in the flow file.
package struct ServiceReference: Hashable, Sendable {
  package var name: String
  package init(name: String) { self.name = name }
}

/// A name that a property takes from a service's vocabulary, for the rules over the whole flow.
package struct VocabularyUse: Sendable, Equatable {
  /// As in `ServiceDescriptor.vocabulary`.
  package var kind: String
  package var name: String
  package init(kind: String, name: String) {
    self.kind = kind
    self.name = name
  }
}
