import FlowCore
import StudyModel

/// Parses the records of an enrolment table and collects their problems.
struct EnrolmentReading {
  typealias Column = EnrolmentTable.Column

  let file: String
  let now: Instant
  var problems: [Diagnostic] = []
  private var seen: [String: Int] = [:]
  /// Participant names by line.
  private var names: [Int: String] = [:]
  /// Lines of values that identify an account, by column and value.
  private var accounts: [Column: [String: Int]] = [:]

  init(file: String, now: Instant) {
    self.file = file
    self.now = now
  }

  mutating func columns(_ heading: [CSVTable.Field]) -> [Column?] {
    let names = Column.allCases.map(\.rawValue)
    var columns: [Column?] = []
    for field in heading {
      let name = field.text.trimmed
      let column = Column(heading: name)
      if column == nil {
        report(
          field, "column \(ParticipantName.quoted(name)) is unknown", "one of " + names.joined(separator: ", "),
          NearestName.hint(for: name, among: names))
      } else if columns.contains(column) {
        report(field, "column '\(name)' is present twice", "each column once")
      }
      columns.append(column)
    }
    for required in [Column.participant, .enrolled] where !columns.contains(required) {
      problems.append(
        Diagnostic(
          .enrolmentTable, file: file, position: SourcePosition(line: 1, column: 1), found: "column '\(required.rawValue)' is missing",
          expected: "the columns participant and enrolled, and refresh_token where there is one"))
    }
    return columns
  }

  mutating func enrolment(_ record: [CSVTable.Field], _ columns: [Column?]) -> Enrolment? {
    guard let first = record.first else { return nil }
    guard record.count == columns.count else {
      report(
        first, "the line has \(record.count) \(record.count == 1 ? "field" : "fields")", "\(columns.count), as the first line",
        record.count == 1 ? otherSeparator(in: first) : "a value with a comma in it goes in quotes")
      return nil
    }
    let before = problems.count
    var fields: [Column: CSVTable.Field] = [:]
    for (column, field) in zip(columns, record) {
      if let column, !field.text.trimmed.isEmpty { fields[column] = field }
    }
    let participant = participant(fields[.participant], in: first)
    let enrolled = enrolled(fields[.enrolled], in: first)
    checkRefreshToken(fields[.refreshToken])
    for column in [Column.refreshToken, .legacyID] { checkOwn(fields[column], column, of: participant) }
    checkZone(fields[.zone])
    checkOAuthType(fields[.oauthType])
    guard problems.count == before, let participant, let enrolled else { return nil }
    return Enrolment(
      participant: participant, refreshToken: fields[.refreshToken]?.text.trimmed, enrolled: enrolled,
      zone: fields[.zone]?.text.trimmed, legacyID: fields[.legacyID]?.text.trimmed,
      oauthType: fields[.oauthType]?.text.trimmed.lowercased(), position: first.position)
  }

  private func otherSeparator(in field: CSVTable.Field) -> String {
    guard let separator = TableText.otherSeparator(field.text) else { return "a value with a comma in it goes in quotes" }
    return "\(separator.words) is in column \(field.position.column + separator.offset), where a comma is expected"
  }

  private mutating func participant(_ field: CSVTable.Field?, in first: CSVTable.Field) -> String? {
    guard let field else {
      report(first, "participant is empty", ParticipantName.expected)
      return nil
    }
    let name = field.text.trimmed
    guard ParticipantName.isValid(name) else {
      // The text may be a token from another column: if it is too long for a name, it is not shown.
      let shown = name.count <= 64 ? ParticipantName.quoted(name) : "a text of \(name.count) characters"
      report(field, "\(shown) cannot be a participant's name", ParticipantName.expected)
      return nil
    }
    if let line = seen[name.lowercased()] {
      report(field, "participant '\(name)' is present twice", "each participant once", "it is in line \(line) too")
      return nil
    }
    seen[name.lowercased()] = field.position.line
    names[field.position.line] = name
    return name
  }

  private mutating func enrolled(_ field: CSVTable.Field?, in first: CSVTable.Field) -> Instant? {
    let expected = "a date such as 2026-01-05 (midnight UTC), or a time with zone such as 2026-01-05T08:00:00+01:00"
    guard let field else {
      report(first, "enrolled is empty", expected)
      return nil
    }
    let text = field.text.trimmed
    if let instant = CivilDate(text: text)?.startOfDayUTC ?? Instant(rfc3339: text) {
      guard let problem = EnrolmentDate.problem(with: instant, now: now) else { return instant }
      report(field, "enrolled is \(problem.found)", problem.expected, "correct the year")
      return nil
    }
    let isHarmless = text.count <= 40 && text.allSatisfy { "0123456789TZtz:+-./ ".contains($0) }
    report(field, "enrolled is \(isHarmless ? "'\(text)'" : "another text")", expected)
    return nil
  }

  private mutating func checkRefreshToken(_ field: CSVTable.Field?) {
    guard let field, !field.text.trimmed.utf8.allSatisfy({ (33...126).contains($0) }) else { return }
    // Names the offending character but not the token, which is a secret.
    let foreign = field.text.trimmed.unicodeScalars.enumerated().first { !(33...126).contains($0.element.value) }
    let named = foreign.map { "\(UnseenCharacter.words(for: $0.element)) as its character \($0.offset + 1)" } ?? "characters that no token has"
    report(
      field, "refresh_token holds \(named)", "the participant's refresh token, of printable ASCII characters without blanks",
      "look for what came along when it was copied, and remove it")
  }

  /// One account serves one participant: a value that identifies an account must appear on one line only.
  private mutating func checkOwn(_ field: CSVTable.Field?, _ column: Column, of participant: String?) {
    guard let field else { return }
    let value = field.text.trimmed
    if let line = accounts[column]?[value] {
      report(
        field, "\(column.rawValue)\(participant.map { " of participant '\($0)'" } ?? "") is the same as that of participant '\(names[line] ?? "")' in line \(line)",
        "each participant's own",
        "one account serves one participant; filling a column down copies it")
    }
    accounts[column, default: [:]][value] = accounts[column]?[value] ?? field.position.line
  }

  private mutating func checkZone(_ field: CSVTable.Field?) {
    guard let field, CivilZone(field.text.trimmed) == nil else { return }
    let text = field.text.trimmed
    let isHarmless = text.count <= 40 && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/_+- ".contains($0)) }
    report(
      field, "zone is \(isHarmless ? "'\(text)'" : "another text")", "the name of a time zone such as America/Chicago",
      "leave it empty to use the zone of the profile")
  }

  private mutating func checkOAuthType(_ field: CSVTable.Field?) {
    let choices = ["fitbit", "google"]
    guard let field, !choices.contains(field.text.trimmed.lowercased()) else { return }
    let text = field.text.trimmed
    let isHarmless = text.count <= 20 && text.allSatisfy { $0.isASCII && ($0.isLetter || "_-".contains($0)) }
    report(
      field, "oauth_type is \(isHarmless ? "'\(text)'" : "another text")", "one of fitbit, google, or nothing for either",
      NearestName.hint(for: text, among: choices))
  }

  private mutating func report(_ field: CSVTable.Field, _ found: String, _ expected: String, _ hint: String? = nil) {
    problems.append(Diagnostic(.enrolmentTable, file: file, position: field.position, found: found, expected: expected, hint: hint))
  }
}

extension String {
  /// Without leading and trailing white space.
  fileprivate var trimmed: String {
    func isSpace(_ character: Character) -> Bool { character.isWhitespace }
    return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
  }
}
