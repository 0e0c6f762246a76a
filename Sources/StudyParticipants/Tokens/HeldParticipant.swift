import FlowCore
import StudyModel

/// A participant whose lock this process has: the file as it stands on disk, and what is known beyond it.
struct HeldParticipant: Sendable {
  /// As read or as last written, durable.
  var file: ParticipantFile
  /// Not yet written; goes into the file with whatever is written next.
  var notes = Notes()
  /// A token answer that could not be written yet. Nobody may use it before it is durable.
  var pending: ObtainedToken?
  /// Tokens that stood in the file in this run and were replaced: an answer may echo them yet.
  private(set) var replacedTokens: Set<String> = []
  /// When the access token obtained in this run ends; nil: it is from an earlier run.
  var accessDeadline: AccessDeadline?
  /// Of this run.
  var latestSync: Instant?
  /// A token request of this run ended without a whole answer: the next run asks again.
  var isInDoubt = false
  /// Refreshes after a 401 that did not help.
  var ineffectiveRefreshes = 0
  /// The provider was asked in this run whose account it is, and does not tell.
  var isIdentityUntold = false
  /// The offset that the provider has told in this run contradicts the zone's rules.
  var zoneDoubt: String?

  struct Notes: Sendable, Equatable {
    var zone: String?
    var refusedScopes: [String] = []
    /// The request never left, so the intent to send it is void.
    var clearsIntent = false
    var sync: SyncStatus?
  }

  struct ObtainedToken: Sendable, Equatable {
    var answer: TokenAnswer
    var obtained: Instant
    var deadline: AccessDeadline?
  }

  /// On the monotonic clock, so that a step of the wall clock ends no token early or late.
  struct AccessDeadline: Sendable, Equatable {
    var accessToken: String
    /// nil: the provider did not say; it is used until it is refused (RFC 6749 §5.1).
    var end: Duration?
    /// How long before the end the token is no longer handed out.
    var margin: Duration
  }

  init(file: ParticipantFile) { self.file = file }

  /// The file with everything that may be shown or decided upon, but not the pending token.
  var known: ParticipantFile {
    var known = file
    if let zone = notes.zone { known.zone = zone }
    for scope in notes.refusedScopes { known.token.refuse(scope) }
    if notes.clearsIntent { known.token.asked = nil }
    if let sync = notes.sync { known.sync.note(sync) }
    return known
  }

  /// The file as it is to be written.
  var next: ParticipantFile {
    var next = known
    if let pending { next.token.apply(pending.answer, at: pending.obtained) }
    return next
  }

  /// There is something that the file does not say yet.
  var isDirty: Bool { pending != nil || next.updatedDocument != file.document }

  /// Takes over what was written. `included` are the notes that went in; later ones stay.
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

  /// Every token of the participant that this run knows of.
  var tokens: [String] {
    let obtained = pending.map { [$0.answer.accessToken, $0.answer.refreshToken ?? ""] } ?? []
    return Array(replacedTokens.union(Self.tokens(in: file.token)).union(obtained))
  }

  private static func tokens(in record: TokenRecord) -> [String] {
    [record.refreshToken, record.accessToken].compactMap { $0 }
  }

  /// The access token if it is good for a while yet.
  func liveAccessToken(now: Instant, monotonic: Duration) -> String? {
    guard let token = file.token.accessToken, file.token.state != .inDoubt else { return nil }
    if let accessDeadline, accessDeadline.accessToken == token {
      return accessDeadline.end.map { monotonic < $0 - accessDeadline.margin } ?? true ? token : nil
    }
    // An earlier run met a refusal: only a fresh answer can say that the consent has been widened since.
    guard file.token.refusedScopes.isEmpty, let expires = file.token.accessTokenExpires else { return nil }
    return now + Self.margin < expires ? token : nil
  }

  /// A token that ends within this time is not used: the request might arrive after its end.
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
