import Foundation

/// The result of a participant's consent at the simulated provider.
package struct SimulatedEnrolment: Sendable, Equatable {
  /// `P0001`.
  package let participant: String
  /// The current refresh token.
  package let refreshToken: String
  /// The start of the requested data, RFC 3339 in UTC.
  package let previousSync: String
  /// IANA name.
  package let zone: String
}

/// The participant file of an enrolment, in flowrun's format.
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

/// Writes the missing files of a batch folder, each completely or not at all.
///
/// An existing file is unchanged, because its token may have been rotated since. The lock prevents two processes that
/// start concurrently from overwriting a file that the first has already used.
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
