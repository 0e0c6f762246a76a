import FlowCore
import StudyModel
import StudyParticipants

/// A row of `flowrun participants list`.
struct ParticipantRow: StatusRow {
  var participant: String
  /// `active`, `paused` or `withdrawn`; nil if the file cannot be read.
  var state: String?
  /// `live`, `in_doubt`, `needs_consent`.
  var token: String?
  var enrolled: String?
  var previousSync: String?
  var oauthType: String?
  var zone: String?
  /// What has become of the latest invitation to consent; nil if there is none.
  var invitation: Invited?
  var problem: String?

  struct Invited: Encodable {
    /// `invited`, `opened`, `refused`, `wrong_account`, `consented`, `expired`, `unreadable`.
    var state: String
    var since: String?
    var made: String?
    var expires: String?
    /// Scopes that a consent lacks.
    var lacking: [String]
  }

  enum CodingKeys: String, CodingKey {
    case participant, state, token, enrolled, zone, invitation, problem
    case previousSync = "previous_sync"
    case oauthType = "oauth_type"
  }

  init(_ status: ParticipantStatus) {
    participant = status.participant
    state = status.collection?.rawValue
    token = status.tokenState?.rawValue
    enrolled = status.enrolled?.text
    previousSync = status.previousSync?.text
    oauthType = status.oauthType
    zone = status.zone
    invitation = status.invitation.map {
      Invited(state: $0.state.rawValue, since: $0.since?.text, made: $0.made?.text, expires: $0.expires?.text, lacking: $0.lacking)
    }
    problem = status.problem
  }

  static let columns = ["participant", "state", "token", "enrolled", "previous sync", "oauth type", "zone", "invitation"]

  var cells: [String] {
    [
      participant, state ?? "unreadable", token?.replacing("_", with: " ") ?? "-", enrolled ?? "-", previousSync ?? "-", oauthType ?? "-",
      zone ?? "-", invitation.map(Self.words) ?? "-",
    ]
  }

  private static func words(_ invited: Invited) -> String {
    let state = invited.state.replacing("_", with: " ") + (invited.since.map { " " + $0 } ?? "")
    let isOpen = ["invited", "opened", "wrong_account"].contains(invited.state)
    return state + (isOpen ? invited.expires.map { ", until \($0)" } ?? "" : invited.lacking.isEmpty ? "" : ", without " + invited.lacking.joined(separator: ", "))
  }
}
