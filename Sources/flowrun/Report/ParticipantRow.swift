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
  var problem: String?

  enum CodingKeys: String, CodingKey {
    case participant, state, token, enrolled, zone, problem
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
    problem = status.problem
  }

  static let columns = ["participant", "state", "token", "enrolled", "previous sync", "oauth type", "zone"]

  var cells: [String] {
    [
      participant, state ?? "unreadable", token?.replacing("_", with: " ") ?? "-", enrolled ?? "-", previousSync ?? "-", oauthType ?? "-",
      zone ?? "-",
    ]
  }
}
