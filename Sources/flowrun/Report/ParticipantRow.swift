import FlowCore
import StudyModel
import StudyParticipants

/// A participant in `flowrun participants list`.
struct ParticipantRow: StandingRow {
  var participant: String
  /// `active`, `paused`, `withdrawn`; nil: the file cannot be read.
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

  init(_ standing: ParticipantStanding) {
    participant = standing.participant
    state = standing.collection?.rawValue
    token = standing.tokenState?.rawValue
    enrolled = standing.enrolled?.text
    previousSync = standing.previousSync?.text
    oauthType = standing.oauthType
    zone = standing.zone
    problem = standing.problem
  }

  static let columns = ["participant", "state", "token", "enrolled", "previous sync", "oauth type", "zone"]

  var cells: [String] {
    [
      participant, state ?? "unreadable", token?.replacing("_", with: " ") ?? "-", enrolled ?? "-", previousSync ?? "-", oauthType ?? "-",
      zone ?? "-",
    ]
  }
}
