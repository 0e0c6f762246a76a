import FlowCore
import StudyModel

/// Listing row: the status of a participant's token and collection. Contains no token.
package struct ParticipantStatus: Sendable, Equatable {
  package var participant: String
  /// A request without a recorded response counts as in doubt; nil if the file cannot be read.
  package var tokenState: TokenState?
  package var since: Instant?
  /// The endpoints and applications that refused the refresh token.
  package var refusals: [TokenRefusal] = []
  /// Time of the provider's last token response.
  package var refreshed: Instant?
  package var accessTokenExpires: Instant?
  /// Expiry of the refresh token, if the provider specified it.
  package var refreshTokenExpires: Instant?
  package var collection: ParticipantFile.Collection?
  package var provider: String?
  package var oauthType: String?
  package var previousSync: Instant?
  package var enrolled: Instant?
  package var zone: String?
  package var sync = SyncRecord()
  package var isEncrypted = false
  /// The latest invitation to consent; nil if there is none.
  package var invitation: InvitationStatus?
  /// The provider that issued the tokens, `fitbit` or `google`; nil if not recorded.
  package var issuer: String?
  /// Another process holds the participant's lock.
  package var isHeld = false
  /// Why the file cannot be read; nil if it can.
  package var problem: String?

  package init(participant: String, problem: String) {
    self.participant = participant
    self.problem = problem
  }

  /// - Parameter asker: the application and endpoint whose refusals count; nil counts every refusal.
  package init(_ file: ParticipantFile, asker: TokenAsker? = nil) {
    participant = file.participant
    tokenState = Self.state(of: file.token, for: asker)
    refusals = file.token.refusals
    since = file.token.asked ?? file.token.since
    // Files written before `refreshed` existed imply it by the state that a token response begins.
    refreshed = file.token.refreshed ?? (file.token.state == .live ? file.token.since : nil)
    accessTokenExpires = file.token.accessTokenExpires
    refreshTokenExpires = file.token.refreshTokenExpires
    collection = file.collection
    provider = file.provider
    oauthType = file.oauthType
    previousSync = file.previousSync
    enrolled = file.enrolled
    zone = file.zone
    sync = file.sync
    isEncrypted = file.isEncrypted
    issuer = file.token.issuer
  }

  /// Whether a flow needs the participant's consent: the token was refused or there is none, or the consent is for another provider.
  /// - Parameter oauthType: the flow's provider, `fitbit` or `google`.
  package func needsConsent(for oauthType: String) -> Bool {
    guard let tokenState else { return false }
    return tokenState == .needsConsent || (self.oauthType ?? issuer).map { $0 != oauthType } ?? false
  }

  private static func state(of token: TokenRecord, for asker: TokenAsker?) -> TokenState {
    if token.isAbsent || asker.map(token.isRefused) ?? (token.state == .needsConsent) { return .needsConsent }
    return token.asked != nil || token.state == .inDoubt ? .inDoubt : .live
  }
}
