import FlowCore
import FlowDefinition
import FlowPostgres
import FlowSQLite
import StudyModel
import StudyParticipants

/// The available services and their factories: the only place that names stores and providers by type.
package enum ServiceCatalog {
  private struct Entry: Sendable {
    var descriptor: ServiceDescriptor
    /// Must not do I/O; opening and creating are left to `prepare`.
    var make: @Sendable (ServiceDeclaration, RuntimeEnvironment, @escaping StoreFaultPoint) throws -> any Service
  }

  private static let entries: [Entry] = DatabaseService.descriptors.map { descriptor in
    Entry(descriptor: descriptor) { try DatabaseService.make($0, $1, faultPoint: $2) }
  } + [
    Entry(descriptor: FitbitWebAPI.descriptor) { declaration, environment, _ in
      try FitbitWebAPI.make(name: declaration.name, values: declaration.values, environment: environment)
    },
    Entry(descriptor: GoogleHealthAPI.descriptor) { declaration, environment, _ in
      try GoogleHealthAPI.make(name: declaration.name, values: declaration.values, environment: environment)
    },
  ]

  package static var descriptors: [ServiceDescriptor] { entries.map(\.descriptor) }

  /// Throws a `Diagnostic` for an unknown type, and errors of the service.
  /// - Parameter faultPoint: called at every boundary with a store.
  static func make(
    _ declaration: ServiceDeclaration, of graph: FlowGraph, _ environment: RuntimeEnvironment, faultPoint: @escaping StoreFaultPoint
  ) throws -> any Service {
    guard let entry = entry(of: declaration) else {
      throw Diagnostic(
        .unknownType, file: graph.file, position: declaration.position, subject: "service '\(declaration.name)'",
        found: "unknown type '\(declaration.type)'")
    }
    if isStore(declaration), let store = environment.shared.value(orMake: { StoreSubstitute { _, _ in nil } }).make(declaration.name, environment) {
      return store
    }
    return try entry.make(declaration, environment, faultPoint)
  }

  /// The stores that a flow declares, in the order of the flow file, for use outside a run. Opens nothing.
  package static func stores(of graph: FlowGraph, _ environment: RuntimeEnvironment) throws -> [(name: String, store: any RecordStore)] {
    try graph.services.filter(isStore).compactMap { declaration in
      let service = try make(declaration, of: graph, environment) { _ in }
      return (service as? any RecordStore).map { (declaration.name, $0) }
    }
  }

  static func isStore(_ declaration: ServiceDeclaration) -> Bool {
    entry(of: declaration)?.descriptor.roles.contains(.recordStore) ?? false
  }

  /// The history of a flow's runs: with the data where these are in PostgreSQL, for every host to see; otherwise in the state folder.
  /// - Parameter host: this host's name.
  static func runHistory(
    of graph: FlowGraph, in folder: String, host: @escaping @Sendable () -> String, _ environment: RuntimeEnvironment
  ) -> any RunHistory {
    for service in graph.services where isStore(service) {
      // A URI that cannot be used is refused when the services are made.
      guard let address = PostgresAddress(service.values[DatabaseDeclaration.path]) else { continue }
      return NotedRunHistory(PostgresRunHistory(address, host: host, environment: environment), at: address.uri, in: folder, environment.fileSystem)
    }
    return RunJournal(folder: folder, environment: environment)
  }

  /// The history of runs outside of a flow.
  /// - Parameter database: where the data are; nil for where the last run noted that it is kept.
  static func runHistory(in folder: String, database: String?, _ environment: RuntimeEnvironment) throws -> any RunHistory {
    guard let location = try database ?? NotedRunHistory.location(in: folder, environment.fileSystem), PostgresAddress.isAddress(location) else {
      return RunJournal(folder: folder, environment: environment)
    }
    guard let address = PostgresAddress(location) else { throw Diagnostics(PostgresAddress.problems(of: location, variable: environment.variable)) }
    return PostgresRunHistory(address, host: { "" }, environment: environment)
  }

  private static func entry(of declaration: ServiceDeclaration) -> Entry? {
    entries.first { $0.descriptor.type == declaration.type }
  }
}
