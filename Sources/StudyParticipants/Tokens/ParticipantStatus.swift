import FlowCore
import StudyModel

/// A participant for lists: how the token stands and whether the participant is collected. Holds no token.
package struct ParticipantStatus: Sendable, Equatable {
  package var participant: String
  /// A request whose answer is not on record counts as in doubt; nil: the file cannot be read.
  package var tokenState: TokenState?
  package var since: Instant?
  /// To whom the refresh token was refused: endpoints and applications.
  package var refusals: [TokenRefusal] = []
  /// When the provider last answered with tokens.
  package var refreshed: Instant?
  package var accessTokenExpires: Instant?
  /// When the refresh token itself ends, where the provider said so.
  package var refreshTokenExpires: Instant?
  package var collection: ParticipantFile.Collection?
  package var provider: String?
  package var oauthType: String?
  package var previousSync: Instant?
  package var enrolled: Instant?
  package var zone: String?
  package var sync = SyncRecord()
  package var isEncrypted = false
  /// Another process has the participant's lock.
  package var isHeld = false
  /// Why the file cannot be read.
  package var problem: String?

  package init(participant: String, problem: String) {
    self.participant = participant
    self.problem = problem
  }

  /// - Parameter asker: for whom the token is to be good; nil: nobody in particular, and every refusal counts.
  package init(_ file: ParticipantFile, asker: TokenAsker? = nil) {
    participant = file.participant
    tokenState = Self.state(of: file.token, for: asker)
    refusals = file.token.refusals
    since = file.token.asked ?? file.token.since
    // Files of before `refreshed` was noted say it by the state that an answer begins.
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
  }

  private static func state(of token: TokenRecord, for asker: TokenAsker?) -> TokenState {
    if token.isAbsent || asker.map(token.isRefused) ?? (token.state == .needsConsent) { return .needsConsent }
    return token.asked != nil || token.state == .inDoubt ? .inDoubt : .live
  }
}
