import Foundation

/// What a participant's consent to the simulated provider gave.
package struct SimulatedEnrolment: Sendable, Equatable {
  /// `P0001`.
  package let participant: String
  /// The refresh token that answers now.
  package let refreshToken: String
  /// From when data are wanted, RFC 3339 in UTC.
  package let previousSync: String
  /// IANA name.
  package let zone: String
}

/// The participant file of an enrolment, as flowrun reads it.
struct EnrolledFile: Encodable {
  let participant: String
  let refreshToken: String
  let previousSync: String
  let zone: String
  let provider: String?

  enum CodingKeys: String, CodingKey {
    case participant, zone, provider
    case refreshToken = "refresh_token"
    case previousSync = "previous_sync"
  }

  init(_ enrolment: SimulatedEnrolment, markedAsSimulator: Bool) {
    participant = enrolment.participant
    refreshToken = enrolment.refreshToken
    previousSync = enrolment.previousSync
    zone = enrolment.zone
    provider = markedAsSimulator ? "simulator" : nil
  }
}

/// Writes the files that are missing in a batch folder, whole or not at all.
///
/// An existing file is left alone, whatever it holds: it may have a token that was rotated since. The lock keeps two processes that
/// begin at once from writing over what the first has meanwhile used.
func writeMissingParticipantFiles(_ enrolments: [SimulatedEnrolment], to path: String, markedAsSimulator: Bool) throws {
  let folder = try StateFolder(path)
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
  try folder.whileLocked {
    for enrolment in enrolments {
      let file = path + "/" + enrolment.participant + ".json"
      guard !FileManager.default.fileExists(atPath: file) else { continue }
      try replaceFile(file, with: try encoder.encode(EnrolledFile(enrolment, markedAsSimulator: markedAsSimulator)))
    }
  }
}
