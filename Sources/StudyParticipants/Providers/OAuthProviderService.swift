import FlowCore
import StudyModel

/// A provider service whose work an `OAuthProvider` does. A conformer declares its properties and names its wire.
package protocol OAuthProviderService: ProviderService {
  var core: OAuthProvider { get }
}

extension OAuthProviderService {
  package var provider: String { core.wire.provider }

  package func prepare() async throws { try await core.store.checkBatch() }
  package func close() async throws { try await core.close() }

  package func listParticipants() async throws -> [ParticipantListing] { try await core.store.list() }
  package func take(_ participant: String) async throws -> ParticipantTaking { try await core.store.take(participant) }
  package func release(_ participant: String, previousSync: Instant?) async throws {
    try await core.release(participant, previousSync: previousSync)
  }

  package func authorize(_ participant: String) async throws { try await core.authorize(participant) }
  package func syncStatus(of participant: String) async throws -> SyncStatus { try await core.syncStatus(of: participant) }
  package func snapshot(of participant: String) async throws -> ParticipantSnapshot {
    try await core.snapshot(of: participant)
  }

  package func send(_ request: HTTPRequest, path: String, for participant: String) async throws -> HTTPResponse {
    try await core.send(request, path: path, for: participant)
  }
  package func path(ofLink link: String) throws -> String { try core.settings.address.path(ofLink: link) }
  package func fault(status: Int, headers: HTTPHeaders, body: [UInt8]) -> ProviderFault {
    core.fault(status: status, headers: headers, body: body)
  }
  package func wait(of participant: String) -> Duration? { core.wait(of: participant) }
  package func park(_ participant: String, for delay: Duration) { core.park(participant, for: delay) }
  package func isGranted(_ scope: String, for participant: String) -> Bool { core.isGranted(scope, for: participant) }
  package func refuse(_ scope: String, for participant: String) { core.refuse(scope, for: participant) }
  package func secrets(of participant: String?) -> [String] { core.secrets(of: participant) }
}
