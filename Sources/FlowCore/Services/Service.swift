/// A shared object that processors name in a property (NiFi's controller service).
package protocol Service: Sendable {
  /// Called once before anything starts. Throws `Diagnostics` for what the configuration got wrong and `StopRun` for what
  /// the world refuses.
  func prepare() async throws
  /// Called once when the run has ended, however it ended.
  func close() async throws
}

/// What a service can be used as. A property that names a service says which role it needs.
///
/// Open: the module that declares the role's protocol declares the role.
package struct ServiceRole: Hashable, Sendable {
  /// For messages: `record store`.
  package let name: String
  private let check: @Sendable (any Service) -> Bool

  /// - Parameter isPlayedBy: whether a service conforms to the role's protocol.
  package init(_ name: String, isPlayedBy check: @escaping @Sendable (any Service) -> Bool) {
    self.name = name
    self.check = check
  }

  package func isPlayed(by service: any Service) -> Bool { check(service) }
  package static func == (left: ServiceRole, right: ServiceRole) -> Bool { left.name == right.name }
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// A service's declaration: what `validate` and the documentation know about it.
package struct ServiceDescriptor: Sendable {
  package var type: String
  package var summary: String
  package var roles: Set<ServiceRole>
  package var properties: [PropertyDescriptor]
  /// The names of its own that a processor's property may use, by kind; a kind that is not in it: any name.
  package var vocabulary: [String: Set<String>]
  /// What only the service can judge, found before anything starts.
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

/// A service by its name in the flow file.
package struct ServiceReference: Hashable, Sendable {
  package var name: String
  package init(name: String) { self.name = name }
}

/// A name that a property takes from a service's vocabulary, for the rules over the flow.
package struct VocabularyUse: Sendable, Equatable {
  /// As in `ServiceDescriptor.vocabulary`.
  package var kind: String
  package var name: String
  package init(kind: String, name: String) {
    self.kind = kind
    self.name = name
  }
}
