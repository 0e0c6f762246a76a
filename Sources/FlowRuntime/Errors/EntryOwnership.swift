import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants

/// Determines which error entries belong to a flow: those that name one of its databases and one of its providers.
///
/// Entries of earlier versions name neither. They belong to a database if its ledger has their run. An entry without a
/// slice (a token, a sync) may have left no ledger row: it also belongs to a database of real participants that has the
/// participant, but never to one of simulated participants.
package struct EntryOwnership: Sendable {
  /// An existing database of the flow.
  package struct Store: Sendable {
    package var service: String
    package var store: any RecordStore
    package var identity: StoreIdentity
  }

  package let stores: [Store]
  private let providers: [String: EntryProvider]
  private let map: ServiceMap
  private let graph: FlowGraph
  private let environment: RuntimeEnvironment

  /// Throws `StopRun` if a database cannot be read.
  package static func read(_ graph: FlowGraph, _ environment: RuntimeEnvironment) async throws -> EntryOwnership {
    let graph = Simulation.addressed(graph)
    var stores: [Store] = []
    for (name, store) in try ServiceCatalog.stores(of: graph, environment) {
      let identity = try await store.reading { try await $0.identity() }
      if let identity { stores.append(Store(service: name, store: store, identity: identity)) }
    }
    return EntryOwnership(graph, stores, environment)
  }

  package init(_ graph: FlowGraph, _ stores: [Store], _ environment: RuntimeEnvironment) {
    self.graph = graph
    self.stores = stores
    self.environment = environment
    map = ServiceMap(graph)
    providers = Dictionary(uniqueKeysWithValues: graph.services.compactMap { service in Self.provider(service).map { (service.name, $0) } })
  }

  /// The owner to record in entries that fail at a processor.
  package func belonging(of processor: String) -> EntryBelonging {
    var belonging = EntryBelonging(flowFile: graph.file)
    guard let index = graph.index(of: processor) else { return belonging }
    let store = map.service(.recordStore, of: index).flatMap { name in stores.first { $0.service == name } }
    belonging.database = store.flatMap { store in store.identity.id.map { EntryDatabase(id: $0, path: store.store.location) } }
    belonging.provider = map.service(.provider, of: index).flatMap { providers[$0] }
    return belonging
  }

  /// The entries that belong to the flow, in order. Reads databases only if there are entries of an earlier version.
  package func owned(_ entries: [StoredEntry]) async throws -> [StoredEntry] {
    let entries = entries.filter { $0.document.flow == graph.name }
    let known = entries.contains { $0.document.isUnmarked } ? try await histories() : [:]
    return entries.filter { $0.document.isUnmarked ? isOwnUnmarked($0, known) : isOwn($0.document) }
  }

  /// The databases that may have an answer for an entry.
  package func stores(of entry: StoredEntry) -> [Store] {
    guard let database = entry.document.database else { return stores }
    return stores.filter { $0.identity.id == database.id }
  }

  private func isOwn(_ document: EntryDocument) -> Bool {
    let isOfDatabase = document.database.map { database in stores.contains { $0.identity.id == database.id } } ?? true
    let isOfProvider = document.provider.map { provider in providers.values.contains { $0.name == provider.name } } ?? true
    return isOfDatabase && isOfProvider
  }

  private func isOwnUnmarked(_ entry: StoredEntry, _ known: [String: StoreHistory]) -> Bool {
    if !graph.services.contains(where: ServiceCatalog.isStore) { return true }
    return stores.contains { store in
      guard let history = known[store.service] else { return false }
      if history.runs.contains(entry.document.run) { return true }
      return !store.identity.isSimulated && entry.slice == nil && entry.participant.map(history.participants.contains) == true
    }
  }

  private func histories() async throws -> [String: StoreHistory] {
    var histories: [String: StoreHistory] = [:]
    for store in stores { histories[store.service] = try await store.store.reading { try await $0.history() } }
    return histories
  }

  private static func provider(_ service: ServiceDeclaration) -> EntryProvider? {
    guard let address = service.values.optional(ProviderProperties.baseURL) else { return nil }
    let isSimulated = service.values.optional(ProviderProperties.simulated) == true
    return EntryProvider(serviceType: service.type, address: isSimulated ? "simulator" : address)
  }
}

extension EntryDocument {
  /// Whether the entry was written by a version that recorded neither database nor provider.
  package var isUnmarked: Bool { way == nil }
}
