import FlowCore
import StudyModel

/// A participant locked by this process: the file as stored on disk, and changes not yet written.
struct HeldParticipant: Sendable {
  /// The durable content, as read or last written.
  var file: ParticipantFile
  /// Not yet written; included in the next write.
  var notes = Notes()
  /// There is a file with the intent to ask for a token. The intent itself, if it is open, is part of `file`.
  var hasIntentFile = false
  /// Room for the next write: from before a token is asked for until then.
  var room: ParticipantFolder.Room?
  /// A token response that could not be written yet. It must not be used before it is durable.
  var pending: ObtainedToken?
  /// Tokens replaced during this run: a response may still echo them.
  private(set) var replacedTokens: Set<String> = []
  /// Expiry of the access token obtained in this run; nil if the token is from an earlier run.
  var accessDeadline: AccessDeadline?
  /// From this run.
  var latestSync: Instant?
  /// A token request of this run ended without a complete response; the next run repeats it.
  var isInDoubt = false
  /// Number of refreshes after a 401 that did not help.
  var ineffectiveRefreshes = 0
  /// The provider was asked for the account in this run and did not report it.
  var isIdentityUnavailable = false
  /// Another run may have the participant now: its file is that run's.
  var isLeaseLost = false
  /// The UTC offset reported in this run contradicts the zone's rules.
  var zoneDoubt: String?

  struct Notes: Sendable, Equatable {
    var zone: String?
    var refusedScopes: [String] = []
    /// The request was never sent, so the journalled intent is void.
    var clearsIntent = false
    var sync: SyncStatus?
  }

  struct ObtainedToken: Sendable, Equatable {
    var answer: TokenAnswer
    var obtained: Instant
    var deadline: AccessDeadline?
  }

  /// Measured on the monotonic clock, so that changes of the wall clock do not affect the token's expiry.
  struct AccessDeadline: Sendable, Equatable {
    var accessToken: String
    /// nil if the provider did not specify it; the token is then used until it is refused (RFC 6749 §5.1).
    var end: Duration?
    /// How long before its expiry the token is no longer handed out.
    var margin: Duration
  }

  init(file: ParticipantFile, hasIntentFile: Bool = false) {
    self.file = file
    self.hasIntentFile = hasIntentFile
  }

  /// The file with all changes that may be used, but without the pending token.
  var known: ParticipantFile {
    var known = file
    if let zone = notes.zone { known.zone = zone }
    for scope in notes.refusedScopes { known.token.refuse(scope) }
    if notes.clearsIntent { known.token.asked = nil }
    if let sync = notes.sync { known.sync.note(sync) }
    return known
  }

  /// The file as the next write stores it.
  var next: ParticipantFile {
    var next = known
    if let pending { next.token.apply(pending.answer, at: pending.obtained) }
    return next
  }

  /// Records a completed write. `included` is the state that was written; later changes are kept.
  mutating func wrote(_ written: ParticipantFile, including included: HeldParticipant) {
    replacedTokens.formUnion(Self.tokens(in: file.token))
    file = written
    if notes.zone == included.notes.zone { notes.zone = nil }
    notes.refusedScopes.removeAll { included.notes.refusedScopes.contains($0) }
    if included.notes.clearsIntent { notes.clearsIntent = false }
    if notes.sync == included.notes.sync { notes.sync = nil }
    if let pending = included.pending {
      accessDeadline = pending.deadline
      if self.pending == pending { self.pending = nil }
    }
  }

  /// Every token of the participant known to this run.
  var tokens: [String] {
    let obtained = pending.map { [$0.answer.accessToken, $0.answer.refreshToken ?? ""] } ?? []
    return Array(replacedTokens.union(Self.tokens(in: file.token)).union(obtained))
  }

  private static func tokens(in record: TokenRecord) -> [String] {
    [record.refreshToken, record.accessToken].compactMap { $0 }
  }

  /// The access token, unless it expires soon.
  func liveAccessToken(now: Instant, monotonic: Duration) -> String? {
    guard let token = file.token.accessToken, file.token.state != .inDoubt else { return nil }
    if let accessDeadline, accessDeadline.accessToken == token {
      return accessDeadline.end.map { monotonic < $0 - accessDeadline.margin } ?? true ? token : nil
    }
    // The provider refused a scope in an earlier run: only a new token response shows whether the consent has been
    // widened.
    guard file.token.refusedScopes.isEmpty, let expires = file.token.accessTokenExpires else { return nil }
    return now + Self.margin < expires ? token : nil
  }

  /// A token that expires within this time is not used, because the request might arrive too late.
  static let margin: Duration = .seconds(60)

  var snapshot: ParticipantSnapshot {
    let known = known
    var snapshot = ParticipantSnapshot(
      participant: known.participant, enrolled: known.enrolled, previousSync: known.previousSync, zone: known.zone,
      latestSync: latestSync, zones: known.sync.zones)
    snapshot.zoneDoubt = zoneDoubt
    return snapshot
  }
}
