import FlowCore

/// One participant of an enrolment table.
package struct Enrolment: Sendable, Equatable {
  package var participant: String
  /// nil if the participant has not consented yet.
  package var refreshToken: String?
  package var enrolled: Instant
  package var zone: String?
  /// The participant's id at the provider's former service.
  package var legacyID: String?
  /// `fitbit` or `google`; nil for either.
  package var oauthType: String?
  /// Position of the line in the table.
  package var position: SourcePosition

  package init(
    participant: String, refreshToken: String? = nil, enrolled: Instant, zone: String? = nil, legacyID: String? = nil,
    oauthType: String? = nil, position: SourcePosition = SourcePosition(line: 1, column: 1)
  ) {
    self.participant = participant
    self.refreshToken = refreshToken
    self.enrolled = enrolled
    self.zone = zone
    self.legacyID = legacyID
    self.oauthType = oauthType
    self.position = position
  }
}

/// Parses and checks a table of participants to enrol: CSV with the columns `participant` and `enrolled` and, if known,
/// `refresh_token`, `zone`, `legacy_id` and `oauth_type`.
package struct EnrolmentTable: Sendable {
  /// The enrolments of the lines without a problem.
  package private(set) var enrolments: [Enrolment] = []
  package private(set) var problems: [Diagnostic] = []

  enum Column: String, CaseIterable {
    case participant, refreshToken = "refresh_token", enrolled, zone, legacyID = "legacy_id", oauthType = "oauth_type"

    init?(heading: String) {
      switch heading.lowercased() {
      // The Google Health API calls it so (users/me/identity).
      case "legacyuserid", "legacy_user_id": self = .legacyID
      case let name: self.init(rawValue: name)
      }
    }
  }

  /// Throws all problems of the file at once, each with its line; no message contains a refresh token.
  /// - Parameter now: a later enrolment date is a mistake.
  package init(parsing bytes: [UInt8], file: String, now: Instant) throws(Diagnostics) {
    try self.init(judging: bytes, file: file, now: now)
    guard problems.isEmpty else { throw Diagnostics(problems) }
  }

  /// Like `init(parsing:file:now:)`, but collects the problems of single lines in `problems`, so that the caller can
  /// check the other lines further. Throws the problems of the file as a whole.
  package init(judging bytes: [UInt8], file: String, now: Instant) throws(Diagnostics) {
    let table = try CSVTable(parsing: bytes, file: file)
    let unseen = table.unseenProblems(file: file)
    guard unseen.isEmpty else { throw Diagnostics(unseen) }
    var reading = EnrolmentReading(file: file, now: now)
    guard let heading = table.records.first else {
      throw Diagnostics([
        Diagnostic(.enrolmentTable, file: file, found: "the file is empty", expected: "a first line with the columns participant, enrolled, refresh_token")
      ])
    }
    let columns = reading.columns(heading)
    guard reading.problems.isEmpty else { throw Diagnostics(reading.problems) }
    enrolments = table.records.dropFirst().compactMap { reading.enrolment($0, columns) }
    problems = reading.problems
  }
}
