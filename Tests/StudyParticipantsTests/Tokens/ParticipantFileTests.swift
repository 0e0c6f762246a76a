import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("Participant files")
struct ParticipantFileTests {
  private static func read(_ text: String) throws -> ParticipantFile {
    try ParticipantFile(parsing: Array(text.utf8), participant: "P1", path: "batch/P1.json")
  }
  /// A file with the required members, one of them put otherwise.
  private static func with(_ member: String) -> String {
    #"{"participant": "P1", "refresh_token": "SECRET", "previous_sync": "2026-01-05T00:00:00Z", \#(member)}"#
  }

  @Test(
    "a problem says file, what was found, what was expected and what to do",
    arguments: [
      ("", "batch/P1.json: error: the file is empty; expected a JSON object; correct the file or restore it from a backup; it was left unchanged"),
      (" \n\t", "batch/P1.json: error: the file is empty; expected a JSON object; correct the file or restore it from a backup; it was left unchanged"),
      ("SECRET", "batch/P1.json:1:1: error: something that is not JSON; expected a JSON value; correct the file or restore it from a backup; it was left unchanged"),
      ("{\"refresh_token\": \"SECRET", "batch/P1.json:1:26: error: the end of the text inside a string; expected '\"'; correct the file or restore it from a backup; it was left unchanged"),
      ("[\"SECRET\"]", "batch/P1.json: error: the file contains a list; expected a JSON object; correct the file or restore it from a backup; it was left unchanged"),
      (
        #"{"refresh_token": "SECRET", "previous_sync": "2026-01-05T00:00:00Z"}"#,
        "batch/P1.json: error: member 'participant' is missing; expected 'P1', as the file is named; add it"
      ),
      (
        #"{"participant": "P2", "refresh_token": "SECRET", "previous_sync": "2026-01-05T00:00:00Z"}"#,
        "batch/P1.json: error: member 'participant' is 'P2'; expected 'P1', as the file is named; rename the file or correct the member"
      ),
      (
        #"{"participant": "SECRET SECRET", "refresh_token": "SECRET", "previous_sync": "2026-01-05T00:00:00Z"}"#,
        "batch/P1.json: error: member 'participant' is another text; expected 'P1', as the file is named; rename the file or correct the member"
      ),
      (
        #"{"participant": "P1", "previous_sync": "2026-01-05T00:00:00Z"}"#,
        "batch/P1.json: error: member 'refresh_token' is missing; expected the participant's refresh token as text; put in the refresh token of the participant's consent"
      ),
      (
        #"{"participant": "P1", "refresh_token": "", "previous_sync": "2026-01-05T00:00:00Z"}"#,
        "batch/P1.json: error: member 'refresh_token' is an empty string; expected the participant's refresh token as text; put in the refresh token of the participant's consent"
      ),
      (
        #"{"participant": "P1", "refresh_token": 12, "previous_sync": "2026-01-05T00:00:00Z"}"#,
        "batch/P1.json: error: member 'refresh_token' is a number; expected the participant's refresh token as text; put in the refresh token of the participant's consent"
      ),
      (
        #"{"participant": "P1", "refresh_token": "SECRET\n", "previous_sync": "2026-01-05T00:00:00Z"}"#,
        "batch/P1.json: error: member 'refresh_token' holds a line break (U+000A) at character 7, which no token has; expected the participant's refresh token as text; it was added when the token was copied: remove it, or copy the token again"
      ),
      (
        "{\"participant\": \"P1\", \"refresh_token\": \"SEC\u{200B}RET\", \"previous_sync\": \"2026-01-05T00:00:00Z\"}",
        "batch/P1.json: error: member 'refresh_token' holds a zero width space (U+200B) at character 4, which no token has; expected the participant's refresh token as text; it was added when the token was copied: remove it, or copy the token again"
      ),
      (
        #"{"participant": "P1", "refresh_token": "SECRET"}"#,
        "batch/P1.json: error: member 'previous_sync' is missing; expected a time with zone (RFC 3339) such as 2026-01-05T00:00:00Z; add the time from which data is wanted"
      ),
      (
        #"{"participant": "P1", "refresh_token": "SECRET", "previous_sync": "2026-01-05 00:00:00"}"#,
        "batch/P1.json: error: member 'previous_sync' is '2026-01-05 00:00:00'; expected a time with zone (RFC 3339) such as 2026-01-05T00:00:00Z; correct it"
      ),
      (
        #"{"participant": "P1", "refresh_token": "SECRET", "previous_sync": "SECRET"}"#,
        "batch/P1.json: error: member 'previous_sync' is another text; expected a time with zone (RFC 3339) such as 2026-01-05T00:00:00Z; correct it"
      ),
      (
        #"{"participant": "P1", "refresh_token": "SECRET", "previous_sync": 1767571200}"#,
        "batch/P1.json: error: member 'previous_sync' is a number; expected a time with zone (RFC 3339) such as 2026-01-05T00:00:00Z; correct it"
      ),
      (
        with(#""enrolled": "2026-02-30T00:00:00Z""#),
        "batch/P1.json: error: member 'enrolled' is '2026-02-30T00:00:00Z'; expected a time with zone (RFC 3339) such as 2026-01-05T00:00:00Z; correct it"
      ),
      (
        with(#""zone": "America/Chikago""#),
        "batch/P1.json: error: member 'zone' is 'America/Chikago'; expected the name of a time zone such as America/Chicago; correct it, or remove it to use the zone of the profile"
      ),
      (
        with(#""state": "pausd""#),
        "batch/P1.json: error: member 'state' is 'pausd'; expected one of active, paused, withdrawn; did you mean 'paused'?"
      ),
      (
        with(#""provider": 1"#),
        "batch/P1.json: error: member 'provider' is a number; expected text such as \"simulator\"; correct or remove it"
      ),
      (
        with(#""oauth_type": "SECRET SECRET""#),
        "batch/P1.json: error: member 'oauth_type' is another text; expected one of fitbit, google; available: fitbit, google"
      ),
    ])
  func problem(_ text: String, message: String) {
    let problems = #expect(throws: Diagnostics.self) { try Self.read(text) }
    #expect(problems?.description == message)
    #expect(problems?.description.contains("SECRET") == false)
  }

  @Test("every problem of a file is reported at once")
  func everyProblem() {
    let problems = #expect(throws: Diagnostics.self) { try Self.read(#"{"participant": "P2", "zone": 1}"#) }
    #expect(problems?.all.count == 4)
  }

  @Test("unknown members, numbers and the order of members survive; times come back as UTC")
  func survives() throws {
    let file = try Self.read(
      #"{"study": {"arm": 1.50}, "participant": "P1", "refresh_token": "SECRET", "previous_sync": "2026-01-05T01:00:00+01:00", "n": 12345678901234567890}"#)
    #expect(
      String(decoding: file.bytes, as: UTF8.self) == """
        {
          "study": {
            "arm": 1.50
          },
          "participant": "P1",
          "refresh_token": "SECRET",
          "previous_sync": "2026-01-05T00:00:00Z",
          "n": 12345678901234567890,
          "enrolled": "2026-01-05T00:00:00Z"
        }

        """)
  }

  @Test("writing what was read changes nothing the second time")
  func stable() throws {
    var file = try Self.read(Self.with(#""zone": "Europe/Berlin""#))
    file.token.apply(
      TokenAnswer(accessToken: "A2", lifetime: .seconds(3600), refreshToken: "R2", scopes: ["sleep"], account: "ABC"),
      at: Instant(seconds: 1_786_000_000))
    let again = try ParticipantFile(parsing: file.bytes, participant: "P1", path: "batch/P1.json")
    #expect(again.bytes == file.bytes)
    #expect(again.token == file.token)
    #expect(again.updatedDocument == again.document)
  }

  @Test("enrolled is previous_sync at first, and then moves only when a person sets previous_sync back")
  func enrolled() throws {
    #expect(try Self.read(Self.with(#""x": 1"#)).enrolled.text == "2026-01-05T00:00:00Z")
    #expect(try Self.read(Self.with(#""enrolled": "2025-12-01T00:00:00Z""#)).enrolled.text == "2025-12-01T00:00:00Z")
    #expect(try Self.read(Self.with(#""enrolled": "2026-03-01T00:00:00Z""#)).enrolled.text == "2026-01-05T00:00:00Z")
  }

  @Test("what is noted for one refresh token does not apply to another")
  func newToken() throws {
    var file = try Self.read(Self.with(#""x": 1"#))
    file.token.apply(TokenAnswer(accessToken: "A", lifetime: .seconds(9), refreshToken: "R2", scopes: ["sleep"]), at: Instant(seconds: 5))
    file.token.refuse("sleep")
    file.token.become(.needsConsent, at: Instant(seconds: 6))
    let same = try ParticipantFile(parsing: file.bytes, participant: "P1", path: "p")
    #expect(same.token.state == .needsConsent)
    #expect(!same.token.isGranted("sleep") && !same.token.isGranted("heartrate"))
    let text = String(decoding: file.bytes, as: UTF8.self).replacing("\"R2\"", with: "\"R9\"")
    let renewed = try ParticipantFile(parsing: Array(text.utf8), participant: "P1", path: "p")
    #expect(renewed.token == TokenRecord(refreshToken: "R9"))
    #expect(renewed.token.isGranted("sleep"))
  }

  @Test("a refused scope stays refused until the list of granted scopes changes")
  func refusedScope() {
    var record = TokenRecord(refreshToken: "R1")
    let answer = TokenAnswer(accessToken: "A", lifetime: nil, refreshToken: "R2", scopes: ["sleep", "heartrate"])
    record.apply(answer, at: Instant(seconds: 1))
    record.refuse("heartrate")
    record.apply(answer, at: Instant(seconds: 2))
    #expect(!record.isGranted("heartrate"))
    var wider = answer
    wider.scopes = ["sleep", "heartrate", "weight"]
    record.apply(wider, at: Instant(seconds: 3))
    #expect(record.isGranted("heartrate"))
  }

  @Test(
    "names are letters, digits, dot, underscore and hyphen, and never a path",
    arguments: [
      ("P0001", true), ("a", true), ("9.b_c-d", true), (String(repeating: "x", count: 64), true),
      (String(repeating: "x", count: 65), false), ("", false), (".hidden", false), ("-a", false), ("_a", false), ("a/b", false),
      ("..", false), ("a b", false), ("é", false), ("a\n", false), ("a\0", false), ("ａ", false),
    ])
  func names(_ name: String, isValid: Bool) {
    #expect(ParticipantName.isValid(name) == isValid)
  }
}
