import FlowCore
import FlowDefinition
import FlowPostgres
import FlowSQLite
import FlowWarehouse
import StudyModel
import StudyObjects
import StudyParticipants
import StudyRaw

/// The available services and their factories: the only place that names stores and providers by type.
package enum ServiceCatalog {
  private struct Entry: Sendable {
    var descriptor: ServiceDescriptor
    /// Must not do I/O; opening and creating are left to `prepare`.
    var make: @Sendable (ServiceDeclaration, RuntimeEnvironment, @escaping StoreFaultPoint) throws -> any Service
  }

  /// A kind of database. A new one is one entry of `databases`.
  private struct DatabaseKind: Sendable {
    /// The name of its SQL.
    var dialect: String
    /// Whether a location, as flows give it, is of this kind.
    var isLocation: @Sendable (_ location: String) -> Bool
    /// What is wrong with a location, as far as it tells by itself.
    var problems: @Sendable (_ location: String) -> [Diagnostic] = { _ in [] }
    var make: @Sendable (PropertyValues, RuntimeEnvironment, @escaping StoreFaultPoint) throws -> any RecordStore
    /// The history of runs that is kept with the data; nil: it is in the state folder, or the location cannot be used.
    /// - Parameter host: this host's name.
    var history: @Sendable (_ location: String, _ host: @escaping @Sendable () -> String, RuntimeEnvironment) -> (any RunHistory)? = { _, _, _ in nil }
    /// The CREATE statements of tables, in order. Throws `Diagnostics` for tables that cannot be made.
    var statements: @Sendable ([TableSchema]) throws -> [SchemaStatement]
  }

  /// In the order in which they are asked whether a location is theirs; the last one takes any.
  private static let databases = [
    DatabaseKind(
      dialect: "postgresql", isLocation: PostgresAddress.isAddress, problems: { PostgresAddress.problems(of: $0) },
      make: { values, environment, faultPoint in
        PostgresDatabase(
          try PostgresAddress(checking: values[DatabaseDeclaration.path]), agreements: values.optional(DatabaseDeclaration.agree) ?? [],
          environment: environment, faultPoint: faultPoint)
      }, history: { location, host, environment in PostgresAddress(location).map { PostgresRunHistory($0, host: host, environment: environment) } },
      statements: { try PostgresDefinition.statements(for: $0) }),
    DatabaseKind(
      dialect: "sqlite", isLocation: { _ in true },
      make: { SQLiteDatabase(values: $0, environment: $1, faultPoint: $2) }, statements: SQLiteDefinition.statements(for:)),
  ]

  private static func kind(ofLocation location: String) -> DatabaseKind {
    databases.first { $0.isLocation(location) } ?? databases[databases.count - 1]
  }

  /// Under the present name, and under the one that earlier flow files use.
  private static let databaseDescriptors = [DatabaseDeclaration.descriptor.type, "SQLiteDatabase"].map { type in
    var descriptor = DatabaseDeclaration.descriptor
    descriptor.type = type
    descriptor.check = { values in
      let location = values[DatabaseDeclaration.path]
      return kind(ofLocation: location).problems(location)
    }
    return descriptor
  }

  private static let warehouseDescriptor: ServiceDescriptor = {
    var descriptor = WarehouseDeclaration.descriptor
    descriptor.check = { values in
      let location = values[WarehouseDeclaration.url]
      if location.isEmpty { return [] }
      if PostgresAddress.isAddress(location) { return PostgresAddress.problems(of: location) }
      if RedshiftWarehouse.isAddress(location) { return RedshiftWarehouse.problems(of: location, role: values[WarehouseDeclaration.role]) }
      return [
        Diagnostic(
          .databaseAddress, subject: "warehouse '\(location)'", found: "it is neither PostgreSQL nor Redshift",
          expected: "postgresql://USER@HOST/NAME, redshift://USER@HOST:5439/NAME, or nothing",
          hint: "with nothing, the flow's own database is the warehouse")
      ]
    }
    return descriptor
  }()

  private static func warehouse(_ values: PropertyValues, _ environment: RuntimeEnvironment, _ faultPoint: @escaping StoreFaultPoint) throws -> any WarehouseLoading {
    let location = values[WarehouseDeclaration.url]
    if location.isEmpty { return NoWarehouse() }
    if RedshiftWarehouse.isAddress(location) { return try RedshiftWarehouse(location, role: values[WarehouseDeclaration.role], environment: environment) }
    return PostgresWarehouse(try PostgresAddress(checking: location), environment: environment, faultPoint: faultPoint)
  }

  private static let entries: [Entry] = databaseDescriptors.map { descriptor in
    Entry(descriptor: descriptor) { declaration, environment, faultPoint in
      try kind(ofLocation: declaration.values[DatabaseDeclaration.path]).make(declaration.values, environment, faultPoint)
    }
  } + [
    Entry(descriptor: RawStorage.descriptor) { declaration, environment, _ in RawStorage(values: declaration.values, environment: environment) },
    Entry(descriptor: RecordObjects.descriptor) { declaration, environment, _ in RecordObjects(values: declaration.values, environment: environment) },
    Entry(descriptor: warehouseDescriptor) { declaration, environment, faultPoint in try warehouse(declaration.values, environment, faultPoint) },
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

  /// The store at a location, as a flow or an error entry names it, for use outside a run. Opens nothing. Throws a `Diagnostic` for an address that
  /// cannot be used.
  static func store(at location: String, _ environment: RuntimeEnvironment) throws -> any RecordStore {
    let values = PropertyValues([DatabaseDeclaration.path.name: location])
    return try kind(ofLocation: location).make(values, environment) { _ in }
  }

  static func isStore(_ declaration: ServiceDeclaration) -> Bool {
    entry(of: declaration)?.descriptor.roles.contains(.recordStore) ?? false
  }

  // MARK: History

  /// The history of a flow's runs: with the data if their database keeps one, for every host to see; otherwise in the state folder.
  /// - Parameter host: this host's name.
  static func runHistory(
    of graph: FlowGraph, in folder: String, host: @escaping @Sendable () -> String, _ environment: RuntimeEnvironment
  ) -> any RunHistory {
    for location in locations(of: graph) {
      // A location that cannot be used is refused when the services are made.
      guard let history = kind(ofLocation: location).history(location, host, environment) else { continue }
      return NotedRunHistory(history, at: location, in: folder, environment)
    }
    return NotedRunHistory(RunJournal(folder: folder, environment: environment), at: nil, in: folder, environment)
  }

  /// The database that has the history of a flow's runs; nil if it is in the state folder.
  static func historyLocation(of graph: FlowGraph, _ environment: RuntimeEnvironment) -> String? {
    locations(of: graph).first { kind(ofLocation: $0).history($0, { "" }, environment) != nil }
  }

  /// The history of runs outside of a flow. Throws `Diagnostics` and `FileSystemError`.
  /// - Parameter database: where the data are; nil for where the last run noted that it is kept.
  static func runHistory(in folder: String, database: String?, _ environment: RuntimeEnvironment) throws -> any RunHistory {
    let location = try database ?? NotedRunHistory.location(in: folder, environment.fileSystem)
    if let location {
      let kind = kind(ofLocation: location), problems = kind.problems(location)
      guard problems.isEmpty else { throw Diagnostics(problems) }
      if let history = kind.history(location, { "" }, environment) { return history }
    }
    return RunJournal(folder: folder, environment: environment)
  }

  // MARK: SQL

  /// What answers queries over the records of a FlowFile.
  static func recordQueries(lane: @escaping @Sendable (String) -> any Lane, time: any TimeSource) -> RecordQueries {
    SQLiteRecordQueries.make(lane: lane, time: time)
  }

  /// What is wrong with such a query, whatever the records are; nil: nothing that is known before there are any.
  static func mistake(inRecordQuery sql: String) -> String? { SQLiteQueryCheck.mistake(in: sql) }

  /// The names of SQL in which tables can be described: those of the databases, and of warehouses into which exports are loaded.
  package static var dialects: [String] { (databases.map(\.dialect) + WarehouseDialect.allCases.map(\.rawValue)).sorted() }

  /// The dialect of the database that a flow names.
  package static func dialect(of graph: FlowGraph) -> String? { locations(of: graph).first.map { kind(ofLocation: $0).dialect } }

  /// The CREATE statements of a flow's tables; nil for an unknown dialect. Throws `Diagnostics` for tables that cannot be made.
  package static func statements(of graph: FlowGraph, dialect: String) throws -> [SchemaStatement]? {
    let stores = graph.services.filter(isStore).map(\.name)
    let tables = graph.tableUses().filter { stores.contains($0.service) }.map(\.table)
    if let warehouse = WarehouseDialect(rawValue: dialect) { return try WarehouseDefinition.statements(for: tables, warehouse) }
    return try databases.first { $0.dialect == dialect }?.statements(tables)
  }

  /// Where a flow's first database is, as its flow file or a parameter says; nil if it has none.
  static func location(of graph: FlowGraph) -> String? { locations(of: graph).first }

  private static func locations(of graph: FlowGraph) -> [String] { graph.services.filter(isStore).map { $0.values[DatabaseDeclaration.path] } }

  private static func entry(of declaration: ServiceDeclaration) -> Entry? {
    entries.first { $0.descriptor.type == declaration.type }
  }
}
