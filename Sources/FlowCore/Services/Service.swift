/// A shared object that processors name in a property (NiFi's controller service).
package protocol Service: Sendable {
  /// Called once before anything starts. Throws `Problem`s (`Problems`) for what the configuration got wrong and `StopRun` for what
  /// the world refuses.
  func prepare() async throws
  /// Called once when the run has ended, however it ended.
  func close() async throws
}

/// What a service can be used as. A property that names a service says which role it needs.
package enum ServiceRole: String, Sendable {
  case recordStore = "record store"
  case provider
}

/// A service's declaration: what `validate` and the documentation know about it.
package struct ServiceDescriptor: Sendable {
  package var type: String
  package var summary: String
  package var roles: Set<ServiceRole>
  package var properties: [PropertyDescriptor]
  /// The scopes that a participant can grant, in the flow's words; empty: any.
  package var scopes: Set<String>
  /// What only the service can judge, found before anything starts.
  package var check: (@Sendable (PropertyValues) -> [GraphFinding])?

  package init(
    type: String, summary: String, roles: Set<ServiceRole>, properties: [PropertyDescriptor], scopes: Set<String> = [],
    check: (@Sendable (PropertyValues) -> [GraphFinding])? = nil
  ) {
    self.type = type
    self.summary = summary
    self.roles = roles
    self.properties = properties
    self.scopes = scopes
    self.check = check
  }
}

/// A service by its name in the flow file.
package struct ServiceReference: Hashable, Sendable {
  package var name: String
  package init(name: String) { self.name = name }
}
