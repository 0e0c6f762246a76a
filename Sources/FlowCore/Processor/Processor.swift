/// A step of a flow: an immutable value made once from its configuration, triggered once per unit of work, possibly
/// concurrently.
///
/// Shared state belongs in a service. `process` only acts on the session: the engine commits when it returns and rolls
/// back when it throws. An expected failure throws `ProcessorError` (or is transferred to `failure`); a failure of the
/// whole run throws `StopRun`; any other error counts as `internal`. It runs on the flow's executor and must not block.
package protocol Processor: Sendable {
  static var descriptor: ProcessorDescriptor { get }
  /// Reads each property once. Throws a `Diagnostic` for problems that only the processor can detect.
  init(_ configuration: ProcessorConfiguration) throws
  func process(_ session: ProcessSession) async throws
}

/// The input of a processor's initialiser.
package struct ProcessorConfiguration: Sendable {
  /// The name in the flow file.
  package let name: String
  package let values: PropertyValues
  /// How many triggers may run at once.
  package let concurrency: Int
  package let environment: RuntimeEnvironment
  /// The tables that the flow writes, merged from the declarations of its processors.
  package let tables: [TableSchema]
  private let services: [String: any Service]

  package init(
    name: String, values: PropertyValues, concurrency: Int = 1, environment: RuntimeEnvironment, services: [String: any Service],
    tables: [TableSchema] = []
  ) {
    self.name = name
    self.values = values
    self.concurrency = concurrency
    self.environment = environment
    self.services = services
    self.tables = tables
  }

  package subscript<Value>(property: Property<Value>) -> Value { values[property] }
  package func optional<Value>(_ property: Property<Value>) -> Value? { values.optional(property) }

  /// The service that a property names. Validation has checked its role; a mismatch traps.
  package func service<Role>(_ property: Property<ServiceReference>, as role: Role.Type) -> Role {
    let name = values[property].name
    guard let service = services[name] as? Role else {
      preconditionFailure("service '\(name)' passed validation but is not a \(role)")
    }
    return service
  }
}

/// The processor types that a flow file may name. A value, so that tests can validate against their own catalogue.
package struct ProcessorCatalog: Sendable {
  package let all: [any Processor.Type]
  private let byType: [String: any Processor.Type]

  package init(_ all: [any Processor.Type]) {
    self.all = all
    byType = Dictionary(uniqueKeysWithValues: all.flatMap { type in ([type.descriptor.type] + type.descriptor.formerTypes).map { ($0, type) } })
  }
  /// By its name, also one of earlier versions.
  package subscript(type: String) -> (any Processor.Type)? { byType[type] }
  package var types: [String] { all.map { $0.descriptor.type } }
}
