import FlowCore

/// A participant for lists: how the token stands and whether the participant is collected. Holds no token.
package struct ParticipantStanding: Sendable, Equatable {
  package var participant: String
  /// A request whose answer is not on record counts as in doubt; nil: the file cannot be read.
  package var tokenState: TokenState?
  package var since: Instant?
  package var accessTokenExpires: Instant?
  package var collection: ParticipantFile.Collection?
  package var provider: String?
  package var oauthType: String?
  package var previousSync: Instant?
  package var enrolled: Instant?
  package var zone: String?
  package var sync = SyncRecord()
  /// Why the file cannot be read.
  package var problem: String?

  package init(participant: String, problem: String) {
    self.participant = participant
    self.problem = problem
  }

  package init(_ file: ParticipantFile) {
    participant = file.participant
    tokenState = file.token.state == .live && file.token.asked != nil ? .inDoubt : file.token.state
    since = file.token.asked ?? file.token.since
    accessTokenExpires = file.token.accessTokenExpires
    collection = file.collection
    provider = file.provider
    oauthType = file.oauthType
    previousSync = file.previousSync
    enrolled = file.enrolled
    zone = file.zone
    sync = file.sync
  }
}
