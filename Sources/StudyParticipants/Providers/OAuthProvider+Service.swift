import FlowCore
import StudyModel

/// What a flow's processors see of a provider; `ask`, `authorize`, `syncStatus` and the rest are where their subject is.
extension OAuthProvider: ProviderService {
  package var provider: String { wire.provider }

  package func prepare() async throws { try await store.checkBatch() }

  package func listParticipants() async throws -> [ParticipantListing] { try await store.list() }
  package func take(_ participant: String) async throws -> ParticipantTaking { try await store.take(participant) }

  package func path(ofLink link: String) throws -> String { try settings.address.path(ofLink: link) }
}
