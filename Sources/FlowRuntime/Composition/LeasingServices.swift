import FlowCore
import Foundation
import StudyModel
import StudyParticipants

/// The providers whose participants are leased in a store, by the store that their data go to.
struct LeasingServices: Sendable {
  let byStore: [String: [OAuthProvider]]
  private let environment: RuntimeEnvironment

  /// Gives each provider what the hosts share in its store: leases, and the client's requests.
  init(_ graph: FlowGraph, _ services: [String: any Service], _ environment: RuntimeEnvironment) {
    let map = ServiceMap(graph)
    var byStore: [String: [OAuthProvider]] = [:]
    for (name, service) in services.sorted(by: { $0.key < $1.key }) {
      guard let provider = service as? OAuthProvider, let name = map.store(ofProvider: name), let store = services[name] as? any RecordStore else { continue }
      provider.grants = store.requestGrants
      guard let leases = store.leases else { continue }
      provider.store.leases = leases
      byStore[name, default: []].append(provider)
    }
    self.byStore = byStore
    self.environment = environment
  }

  /// Tells a store who takes leases, before it is opened.
  func introduce(_ store: String) async throws {
    guard let provider = byStore[store]?.first else { return }
    let parties = environment.leaseParties
    let host = parties.host()
    let path = provider.store.path
    let folder = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    parties.party = LeaseParty(
      run: environment.run, host: host, hostID: parties.hostID(), batchID: try await provider.store.batchID(), batch: "\(host):\(folder)")
  }
}
