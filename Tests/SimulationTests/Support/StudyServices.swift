import FlowCore
import FlowProcessors
import FlowServices
import FlowTesting

/// The services of a flow, made, opened and closed as the program does it, and with a fault plan at every boundary of
/// the database (`sql.open`, `sql.begin`, `sql.statement`, `sql.commit`, `sql.committed`, `sql.checkpoint`).
struct StudyServices {
  private let graph: FlowGraph
  private let environment: RuntimeEnvironment
  private let byName: [String: any Service]
  private let tableUses: [FlowGraph.TableUse]

  init(_ graph: FlowGraph, _ environment: RuntimeEnvironment, faults: FaultPlan = FaultPlan()) throws {
    var services: [String: any Service] = [:]
    for declaration in graph.services {
      switch declaration.type {
      case SQLiteDatabase.descriptor.type:
        services[declaration.name] = SQLiteDatabase(values: declaration.values, environment: environment) { boundary in
          try faults.pass("sql.\(boundary.rawValue)")
        }
      case GoogleHealthAPI.descriptor.type:
        services[declaration.name] = try GoogleHealthAPI(
          name: declaration.name, values: declaration.values, environment: environment)
      default:
        services[declaration.name] = try FitbitWebAPI(
          name: declaration.name, values: declaration.values, environment: environment)
      }
    }
    self.graph = graph
    self.environment = environment
    byName = services
    tableUses = graph.tableUses()
  }

  var providers: [any ProviderService] { byName.values.compactMap { $0 as? any ProviderService } }

  /// Providers first, as in the program: no database is made for a batch that is not there.
  func prepare() async throws {
    let inOrder = byName.sorted { $0.key < $1.key }
    let first = inOrder.filter { $0.value is any ProviderService }
    for (name, service) in first + inOrder.filter({ !($0.value is any ProviderService) }) {
      try await service.prepare()
      guard let store = service as? any RecordStore else { continue }
      try await store.prepare(tables: tableUses.filter { $0.service == name }.map(\.table))
    }
  }

  func makeProcessors() throws -> [any Processor] {
    try graph.processors.map { node in
      try node.type.init(
        ProcessorConfiguration(
          name: node.name, values: node.values, environment: environment, services: byName,
          tables: tableUses.map(\.table)))
    }
  }

  /// Closes all; throws the first failure after every one was closed.
  func close() async throws {
    var failure: (any Error)?
    for (_, service) in byName.sorted(by: { $0.key < $1.key }) {
      do { try await service.close() } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
  }
}
