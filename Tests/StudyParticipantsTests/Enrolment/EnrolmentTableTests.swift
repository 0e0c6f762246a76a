import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("Enrolment tables")
struct EnrolmentTableTests {
  private static func read(_ text: String) throws -> [Enrolment] {
    try read(Array(text.utf8))
  }
  private static func read(_ bytes: [UInt8]) throws -> [Enrolment] {
    try EnrolmentTable(parsing: bytes, file: "p.csv", now: Instant(seconds: 1_786_000_000)).enrolments
  }

  @Test("quotes, doubled quotes, line ends in quotes, CRLF, a byte order mark and empty lines are read as RFC 4180 has them")
  func csv() throws {
    let table = try CSVTable(parsing: Array("\u{FEFF}a,b\r\n\"x,\"\"y\"\"\r\nz\", 2 \r\n\r\n,\n\"\",".utf8), file: "p.csv")
    #expect(table.records.map { $0.map(\.text) } == [["a", "b"], ["x,\"y\"\r\nz", " 2 "], ["", ""], ["", ""]])
    #expect(table.records.map { $0[0].position.line } == [1, 2, 5, 6])
  }

  @Test(
    "what is no table is said with its place",
    arguments: [
      ("a,b\n\"x,y\n", "p.csv:2:1: error: a quote that is not closed; expected a quote at the end of the field"),
      ("a,b\n\"x\"y,z\n", "p.csv:2:4: error: text after the closing quote; expected a comma or the end of the line"),
      ("a,b\nx\"y,z\n", "p.csv:2:2: error: a quote inside a field that does not begin with one; expected the whole field in quotes, and each quote in it doubled"),
    ])
  func syntax(_ text: String, message: String) {
    let problems = #expect(throws: Diagnostics.self) { try CSVTable(parsing: Array(text.utf8), file: "p.csv") }
    #expect(problems?.description == message)
  }

  @Test("dates are midnight UTC; columns may be in any order; an empty field is unknown; legacyUserId is legacy_id")
  func values() throws {
    let enrolments = try Self.read(
      """
      enrolled,participant,refresh_token,zone,legacyUserId,oauth_type
      2026-01-05,P1,TOKEN,America/Chicago,ABC123,Google
      2026-01-05T08:00:00+01:00,P2,,,,
      """)
    #expect(enrolments.map(\.participant) == ["P1", "P2"])
    #expect(enrolments.map(\.enrolled.text) == ["2026-01-05T00:00:00Z", "2026-01-05T07:00:00Z"])
    #expect(enrolments.map(\.refreshToken) == ["TOKEN", nil])
    #expect(enrolments.map(\.legacyID) == ["ABC123", nil])
    #expect(enrolments.map(\.oauthType) == ["google", nil])
  }

  @Test("every problem is reported at once, with its line and without any token")
  func problems() {
    let problems = #expect(throws: Diagnostics.self) {
      try Self.read(
        """
        participant,refresh_token,enrolled,zone,oauth_type
        P1,SECRET1,2026-01-05,,
        p1,SECRET2,2026-01-05,,
        ../P2,SECRET3,2026-01-05,,
        P3,SECRET TOKEN,05.01.2026,America/Chikago,gogle
        P4,SECRET
        ,SECRET4,SECRET,,
        """)
    }
    #expect(
      problems?.all.map(\.description) == [
        "p.csv:3:1: error: participant 'p1' is present twice; expected each participant once; it is in line 2 too",
        "p.csv:4:1: error: '../P2' cannot be a participant's name; expected \(ParticipantName.expected)",
        "p.csv:5:17: error: enrolled is '05.01.2026'; expected a date such as 2026-01-05 (midnight UTC), or a time with zone such as 2026-01-05T08:00:00+01:00",
        "p.csv:5:4: error: refresh_token holds a space (U+0020) as its character 7; expected the participant's refresh token, of printable ASCII characters without blanks; look for what came along when it was copied, and remove it",
        "p.csv:5:28: error: zone is 'America/Chikago'; expected the name of a time zone such as America/Chicago; leave it empty to use the zone of the profile",
        "p.csv:5:44: error: oauth_type is 'gogle'; expected one of fitbit, google, or nothing for either; did you mean 'google'?",
        "p.csv:6:1: error: the line has 2 fields; expected 5, as the first line; a value with a comma in it goes in quotes",
        "p.csv:7:1: error: participant is empty; expected \(ParticipantName.expected)",
        "p.csv:7:10: error: enrolled is another text; expected a date such as 2026-01-05 (midnight UTC), or a time with zone such as 2026-01-05T08:00:00+01:00",
      ])
    #expect(problems?.description.contains("SECRET") == false)
  }

  private static let header = "participant,enrolled,refresh_token\n"

  private static let unseenTables: [(String, String)] = [
      ("participant;enrolled\nP1;2026-01-05\n", "p.csv:1:12: error: a semicolon (U+003B) separates the columns; expected a comma; save the table as CSV with commas; in a spreadsheet the region's settings decide"),
      ("participant\tenrolled\n", "p.csv:1:12: error: a tab (U+0009) separates the columns; expected a comma; save the table as CSV with commas; in a spreadsheet the region's settings decide"),
      (header + "P1;2026-01-05;T1\n", "p.csv:2:1: error: the line has 1 field; expected 3, as the first line; a semicolon (U+003B) is in column 3, where a comma is expected"),
      (header + "P\u{200B}1,2026-01-05,T1\n", "p.csv:2:2: error: the field holds a zero width space (U+200B), which is invisible; expected letters, digits and signs; delete it, or type the value again"),
      (header + "P1,2026-01-05,\"T\u{A0}1\"\n", "p.csv:2:17: error: the field holds a no-break space (U+00A0), which is invisible; expected letters, digits and signs; delete it, or type the value again"),
      (header + "\u{FEFF}P1,2026-01-05,T1\n", "p.csv:2:1: error: the field holds a byte order mark (U+FEFF), which is invisible; expected letters, digits and signs; delete it, or type the value again"),
      (header + "\u{201C}P1\u{201D},2026-01-05,T1\n", "p.csv:2:1: error: the field holds a left double quotation mark (U+201C); expected a character of plain ASCII; type it again: a word processor or another keyboard put it there"),
      (header + "P1,\u{FF12}026-01-05,T1\n", "p.csv:2:4: error: the field holds a fullwidth digit two (U+FF12); expected a character of plain ASCII; type it again: a word processor or another keyboard put it there"),
      (header + "P1,2026\u{2013}01-05,T1\n", "p.csv:2:8: error: the field holds an en dash (U+2013); expected a character of plain ASCII; type it again: a word processor or another keyboard put it there"),
  ]

  @Test("invisible and confusable characters are reported with their position", arguments: unseenTables)
  func unseen(_ text: String, message: String) {
    let problems = #expect(throws: Diagnostics.self) { try Self.read(text) }
    #expect(problems?.description == message)
  }

  private static func utf16(_ text: String, isLittleEndian: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    for unit in text.utf16 {
      let pair = [UInt8(unit & 255), UInt8(unit >> 8)]
      bytes += isLittleEndian ? pair : pair.reversed()
    }
    return bytes
  }
  private static let encoded: [([UInt8], String)] = {
    let rest = "expected a CSV file in UTF-8; save it as \"CSV UTF-8 (comma delimited)\""
    let german: [UInt8] = Array("a,b\nM".utf8) + [0xFC] + Array("ller,x\n".utf8)
    return [
      (utf16("\u{FEFF}a,b\n", isLittleEndian: true), "p.csv:1:1: error: the file is in UTF-16 (byte order mark FF FE); \(rest)"),
      (utf16("ab,b\n", isLittleEndian: false), "p.csv:1:1: error: the file is in UTF-16 (without a byte order mark); \(rest)"),
      (german, "p.csv:2:2: error: the byte 0xFC is not UTF-8; \(rest)"),
    ]
  }()

  @Test("a file in another encoding is reported with the encoding and the position", arguments: encoded)
  func encodings(_ bytes: [UInt8], message: String) {
    let problems = #expect(throws: Diagnostics.self) { try Self.read(bytes) }
    #expect(problems?.description == message)
  }

  @Test(
    "a date before 2007 or in the future is a problem of its line",
    arguments: [
      ("1926-01-05", "p.csv:2:4: error: enrolled is '1926-01-05T00:00:00Z'; expected a time from 2007 on: no tracker is older; correct the year"),
      ("0206-01-05", "p.csv:2:4: error: enrolled is '0206-01-05T00:00:00Z'; expected a time from 2007 on: no tracker is older; correct the year"),
      ("2006-12-31T23:59:59Z", "p.csv:2:4: error: enrolled is '2006-12-31T23:59:59Z'; expected a time from 2007 on: no tracker is older; correct the year"),
      ("2062-01-05", "p.csv:2:4: error: enrolled is '2062-01-05T00:00:00Z', which is in the future; expected a time that has come: today is 2026-08-06; correct the year"),
      ("9999-12-31", "p.csv:2:4: error: enrolled is '9999-12-31T00:00:00Z', which is in the future; expected a time that has come: today is 2026-08-06; correct the year"),
    ])
  func dates(_ date: String, message: String) throws {
    let problems = #expect(throws: Diagnostics.self) { try Self.read(Self.header + "P1,\(date),T1\nP2,2007-01-01,T2\n") }
    #expect(problems?.description == message)
  }

  @Test("one refresh token or former account in two lines is reported with both names and the line, without the token")
  func oneAccountTwice() {
    let problems = #expect(throws: Diagnostics.self) {
      try Self.read("participant,enrolled,refresh_token,legacy_id\nP1,2026-01-05,SECRET,ABC\nP2,2026-01-05,SECRET,\nP3,2026-01-05,,ABC\n")
    }
    #expect(
      problems?.all.map(\.description) == [
        "p.csv:3:15: error: refresh_token of participant 'P2' is the same as that of participant 'P1' in line 2; expected each participant's own; one account serves one participant; filling a column down copies it",
        "p.csv:4:16: error: legacy_id of participant 'P3' is the same as that of participant 'P1' in line 2; expected each participant's own; one account serves one participant; filling a column down copies it",
      ])
  }

  @Test("the first line must name the columns", arguments: [
    ("", "p.csv: error: the file is empty; expected a first line with the columns participant, enrolled, refresh_token"),
    ("participant,enroled\n", "p.csv:1:13: error: column 'enroled' is unknown; expected one of participant, refresh_token, enrolled, zone, legacy_id, oauth_type; did you mean 'enrolled'?\np.csv:1:1: error: column 'enrolled' is missing; expected the columns participant and enrolled, and refresh_token where there is one"),
  ])
  func heading(_ text: String, message: String) {
    let problems = #expect(throws: Diagnostics.self) { try Self.read(text) }
    #expect(problems?.description == message)
  }

  // MARK: Files from it

  private func enrolment(_ token: String?, enrolled: String = "2026-01-05T00:00:00Z") throws -> Enrolment {
    Enrolment(
      participant: "P1", refreshToken: token, enrolled: try #require(Instant(rfc3339: enrolled)),
      position: SourcePosition(line: 2, column: 1))
  }

  @Test("a participant without a refresh token needs consent, and its file is read as such")
  func tokenless() throws {
    let file = try ParticipantFile(enrolling: enrolment(nil), isSimulated: false, path: "p")
    #expect(file.token.state == .needsConsent)
    let again = try ParticipantFile(parsing: file.bytes, participant: "P1", path: "p")
    #expect(again == file)
    #expect(!String(decoding: file.bytes, as: UTF8.self).contains("refresh_token\""))
    // A person adds a token: it is sent.
    let text = String(decoding: file.bytes, as: UTF8.self).replacing("{\n  \"participant\"", with: "{\n  \"refresh_token\": \"R1\",\n  \"participant\"")
    #expect(try ParticipantFile(parsing: Array(text.utf8), participant: "P1", path: "p").token == TokenRecord(refreshToken: "R1"))
  }

  @Test("a differing line is reported by its columns; an account of another participant by that participant's name")
  func judged() async throws {
    let world = TokenWorld { _, _ in .json(200, "{}") }
    world.participant("P1", serial: 1, #", "zone": "Europe/Berlin", "user_id": "ABC""#)
    world.participant("P2", serial: 2)
    let store = try world.provider().store
    func judge(_ line: String) async throws -> ParticipantStore.EnrolmentJudgement? {
      try await store.judge(Self.read("participant,enrolled,refresh_token,zone,legacy_id\n" + line)).first
    }
    #expect(try await judge("P1,2026-01-06,R9,Europe/Paris,") == .differs(["refresh_token", "enrolled", "zone"]))
    #expect(try await judge("P1,2026-01-05,,,") == .same)
    #expect(try await judge("P3,2026-01-05,R3,,") == .new)
    #expect(try await judge("P3,2026-01-05,\(RotatingTokens.refresh(2)),,") == .taken(column: "refresh_token", by: "P2"))
    #expect(try await judge("P3,2026-01-05,R3,,abc") == .taken(column: "legacy_id", by: "P1"))
    #expect(try await judge("P2,2026-01-05,\(RotatingTokens.refresh(2)),,") != .taken(column: "refresh_token", by: "P2"))
  }

  @Test("the same table again brings no used-up token back; another token is a new consent")
  func update() throws {
    var file = try ParticipantFile(enrolling: enrolment("R1"), isSimulated: false, path: "p")
    let fresh = file
    file.update(from: try enrolment("R1"))
    #expect(file == fresh)
    file.token.apply(TokenAnswer(accessToken: "A", lifetime: .seconds(9), refreshToken: "R2"), at: Instant(seconds: 5))
    file = try ParticipantFile(parsing: file.bytes, participant: "P1", path: "p")
    file.update(from: try enrolment("R1"))
    #expect(file.token.refreshToken == "R2")
    file.update(from: try enrolment("R9"))
    #expect(file.token == TokenRecord(refreshToken: "R9"))
    file.update(from: try enrolment(nil, enrolled: "2025-12-01T00:00:00Z"))
    #expect(file.token.refreshToken == "R9")
    #expect(file.enrolled.text == "2025-12-01T00:00:00Z")
    #expect(try ParticipantFile(parsing: file.bytes, participant: "P1", path: "p").previousSync.text == "2025-12-01T00:00:00Z")
  }
}
