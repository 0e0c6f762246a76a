import FlowCore
import StudyModel

/// The provider as seen by a flow's processors; `ask`, `authorize`, `syncStatus` and others are defined with their
/// subject.
extension OAuthProvider: ProviderService {
  package var provider: String { wire.provider }

  package func prepare() async throws { try await store.checkBatch() }

  package func listParticipants() async throws -> [ParticipantListing] { try await store.list() }
  package func confirm(_ participant: String) async throws { try await store.checkLease(of: participant) }
  package func lease(_ participant: String) async throws -> LeaseOutcome { try await store.lease(participant) }

  package func path(ofLink link: String) throws -> String { try settings.address.path(ofLink: link) }
}
