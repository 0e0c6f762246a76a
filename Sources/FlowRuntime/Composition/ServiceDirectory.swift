import FlowCore
import StudyModel
import StudyParticipants
import StudyProcessors
import StudyRaw

/// The services of a flow, created from their declarations.
package struct ServiceDirectory: Sendable {
  private let byName: [String: any Service]
  /// In the order of the flow file, because a dictionary's order differs between processes.
  private let names: [String]
  private let tableUses: [FlowGraph.TableUse]
  private let leasing: LeasingServices

  /// Throws a `Diagnostic` for an unknown type.
  package init(_ graph: FlowGraph, _ environment: RuntimeEnvironment, faultPoint: @escaping StoreFaultPoint = { _ in }) throws {
    var services: [String: any Service] = [:]
    for declaration in graph.services {
      services[declaration.name] = try ServiceCatalog.make(declaration, of: graph, environment, faultPoint: faultPoint)
    }
    byName = services
    names = graph.services.map(\.name)
    tableUses = graph.tableUses()
    leasing = LeasingServices(graph, services, environment)
    for storage in rawStorages {
      // A store takes only objects that its own ledger names.
      storage.whenStored { [stores] objects in for store in stores { try await store.note(objects) } }
    }
  }

  package var stores: [any RecordStore] { namedStores.map(\.store) }
  var namedStores: [(name: String, store: any RecordStore)] {
    names.compactMap { name in (byName[name] as? any RecordStore).map { (name, $0) } }
  }
  package var rawStorages: [RawStorage] { names.compactMap { byName[$0] as? RawStorage } }
  func rawStorage(_ name: String?) -> RawStorage? { name.flatMap { byName[$0] as? RawStorage } }
  /// Where the flow copies rows to, beside its stores.
  var copies: [String] {
    names.compactMap { name in (byName[name] as? any ObjectKeeping)?.location ?? (byName[name] as? any WarehouseLoading)?.location }.filter { !$0.isEmpty }
  }
  var objectStorages: [any ObjectKeeping] { names.compactMap { byName[$0] as? any ObjectKeeping } }
  var warehouses: [any WarehouseLoading] { names.compactMap { byName[$0] as? any WarehouseLoading } }
  package var providers: [any ProviderService] { names.compactMap { byName[$0] as? any ProviderService } }
  /// The service of that name, if it has the role.
  package func store(_ name: String?) -> (any RecordStore)? { name.flatMap { byName[$0] as? any RecordStore } }
  package func provider(_ name: String?) -> (any ProviderService)? { name.flatMap { byName[$0] as? any ProviderService } }

  /// Opens every service and checks it against the flow, before anything starts.
  /// - Parameter opensProviders: false if nothing is asked of them.
  package func prepare(isSimulated: Bool, opensProviders: Bool = true) async throws {
    var problems: [Diagnostic] = []
    // Providers first: check that the batch exists and is not mixed before creating a database for it.
    for (name, service) in inOrder {
      // It begins to upload at once, and then tells the stores: they must be open.
      if service is RawStorage, !problems.isEmpty { continue }
      if service is any ProviderService, !opensProviders { continue }
      do {
        if service is any RecordStore, opensProviders { try await leasing.introduce(name) }
        try await service.prepare()
        if let warehouse = service as? any WarehouseLoading { try await warehouse.prepare(tables: tableUses.filter { $0.service == name }.map(\.table)) }
        guard let store = service as? any RecordStore else { continue }
        try await store.agree(on: "participants", value: isSimulated ? "simulated" : "real")
        try await store.prepare(tables: tableUses.filter { $0.service == name }.map(\.table))
      } catch let found as Diagnostics {
        problems += found.all
      } catch let found as Diagnostic {
        problems.append(found)
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
  }

  /// In the order in which they are opened.
  private var inOrder: [(name: String, service: any Service)] {
    byName.sorted { (Self.openingTurn($0.value), $0.key) < (Self.openingTurn($1.value), $1.key) }.map { ($0.key, $0.value) }
  }

  private static func openingTurn(_ service: any Service) -> Int { service is any ProviderService ? 0 : service is RawStorage ? 2 : 1 }

  /// Whether leases of a provider's participants are taken in the store.
  func isLeasing(_ store: String) -> Bool { leasing.byStore[store] != nil }

  /// Runs a command's change of participants. A store that leases them is open meanwhile.
  func whileLeasing<Value>(_ body: () async throws -> Value) async throws -> Value {
    let stores = namedStores.filter { isLeasing($0.name) }
    return try await withClosing {
      for (name, store) in stores {
        try await leasing.introduce(name)
        try await store.prepare()
      }
      return try await body()
    } close: {
      for (_, store) in stores { try await store.close() }
    }
  }

  /// Makes every commit of the flow's stores durable, before an error entry is removed because of one.
  func synchronizeStores() async throws {
    for store in stores { try await store.synchronize() }
  }

  package func makeProcessors(_ graph: FlowGraph, _ environment: RuntimeEnvironment) throws -> [any Processor] {
    try graph.makeProcessors(environment, services: byName)
  }

  /// Closes every service, then throws the first failure.
  package func close() async throws {
    var failure: (any Error)?
    for (_, service) in inOrder.sorted(by: { Self.closingTurn($0.service) < Self.closingTurn($1.service) }) {
      do { try await service.close() } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
  }

  /// Raw storages first: they tell the stores what they have stored. A store in a file gives room on the disk when its log is moved into it: before participant files are tried once more, which may have
  /// tokens that nobody else has. A store with leases stays open until the providers have given them back.
  private static func closingTurn(_ service: any Service) -> Int {
    if service is RawStorage { return -1 }
    guard let store = service as? any RecordStore else { return 1 }
    return store.leases == nil ? 0 : 2
  }
}
