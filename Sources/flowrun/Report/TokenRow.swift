import FlowCore
import StudyModel
import StudyParticipants

/// A row of `flowrun tokens`: the status of a participant's token, never the token.
struct TokenRow: StatusRow {
  enum State: String, Encodable { case live, inDoubt = "in_doubt", needsConsent = "needs_consent", unreadable }
  enum AccessToken: String, Encodable { case live, expired, none }

  struct Refusal: Encodable {
    var tokenURL: String
    var clientID: String
    var time: String?

    enum CodingKeys: String, CodingKey {
      case time
      case tokenURL = "token_url"
      case clientID = "client_id"
    }
  }

  var participant: String
  var state: State
  /// When the token entered this state, RFC 3339.
  var since: String?
  /// Time of the provider's last token response, RFC 3339.
  var refreshed: String?
  var accessToken: AccessToken?
  var accessTokenExpires: String?
  var refreshTokenExpires: String?
  /// Where, when and for which client the refresh token was refused.
  var refused: [Refusal]
  var encrypted: Bool
  /// Whether another run holds the participant at this moment.
  var held: Bool
  /// `active`, `paused`, `withdrawn`.
  var collection: String?
  var problem: String?

  enum CodingKeys: String, CodingKey {
    case participant, state, since, refreshed, refused, encrypted, held, collection, problem
    case accessToken = "access_token"
    case accessTokenExpires = "access_token_expires"
    case refreshTokenExpires = "refresh_token_expires"
  }

  init(_ status: ParticipantStatus, now: Instant) {
    participant = status.participant
    state =
      switch status.tokenState {
      case .live: .live
      case .inDoubt: .inDoubt
      case .needsConsent: .needsConsent
      case nil: .unreadable
      }
    since = status.since?.text
    refreshed = status.refreshed?.text
    accessTokenExpires = status.accessTokenExpires?.text
    refreshTokenExpires = status.refreshTokenExpires?.text
    refused = status.refusals.map { Refusal(tokenURL: $0.asker.endpoint, clientID: $0.asker.client, time: $0.time?.text) }
    if status.tokenState != nil { accessToken = status.accessTokenExpires.map { now < $0 ? .live : .expired } ?? AccessToken.none }
    encrypted = status.isEncrypted
    held = status.isHeld
    collection = status.collection?.rawValue
    problem = status.problem
  }

  /// Taken as live as long as nothing is known: no provider has answered for it.
  private var isUntried: Bool { state == .live && refreshed == nil && accessToken == AccessToken.none }

  static let columns = ["participant", "token", "since", "refreshed", "access token", "file"]

  var cells: [String] {
    let refusals: [String?] = refused.map { "refused at \($0.tokenURL) for client \($0.clientID)" }
    let notes = refusals + [
      refreshTokenExpires.map { "refresh token ends \($0)" }, held ? "held by another run" : nil, encrypted ? "encrypted" : nil,
      collection.flatMap { $0 == ParticipantFile.Collection.active.rawValue ? nil : $0 },
    ]
    return [
      participant, isUntried ? "not asked yet" : state.rawValue.replacing("_", with: " "), since ?? "-", refreshed ?? "-",
      accessToken.map { $0 == .none ? "-" : $0.rawValue + (accessTokenExpires.map { " (\($0))" } ?? "") } ?? "-",
      notes.compactMap { $0 }.joined(separator: ", "),
    ]
  }
}
