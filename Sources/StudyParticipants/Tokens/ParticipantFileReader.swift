import FlowCore
import StudyModel

/// Parses the members of a participant file and collects their problems. Shows a value only if it cannot be a token.
struct ParticipantFileReader {
  let document: JSONTree
  let path: String
  private(set) var problems: [Diagnostic] = []

  init(document: JSONTree, path: String) {
    self.document = document
    self.path = path
  }

  mutating func checkName(_ name: String) {
    let hint = "rename the file or correct the member"
    guard let member = document["participant"] else {
      report("member 'participant' is missing", expected: "'\(name)', as the file is named", hint: "add it")
      return
    }
    guard member.text != name else { return }
    let shown = member.text.flatMap { ParticipantName.isValid($0) && $0.count <= 32 ? "'\($0)'" : nil } ?? other(member)
    report("member 'participant' is \(shown)", expected: "'\(name)', as the file is named", hint: hint)
  }

  /// The file records that its participant has yet to consent, and therefore has no refresh token.
  var awaitsConsent: Bool {
    document["refresh_token"] == nil && document["token"]?["state"]?.text == TokenState.needsConsent.rawValue
  }

  mutating func refreshToken() -> String? {
    let expected = "the participant's refresh token as text"
    let hint = "put in the refresh token of the participant's consent"
    guard let member = document["refresh_token"] else {
      report("member 'refresh_token' is missing", expected: expected, hint: hint)
      return nil
    }
    guard let text = member.text, !text.isEmpty else {
      report("member 'refresh_token' is \(member.kindWords)", expected: expected, hint: hint)
      return nil
    }
    if let stranger = TokenRecord.stranger(in: text) {
      report(
        "member 'refresh_token' holds \(stranger), which no token has", expected: expected,
        hint: "it was added when the token was copied: remove it, or copy the token again")
      return nil
    }
    return text
  }

  mutating func instant(_ name: String, isRequired: Bool) -> Instant? {
    let expected = "a time with zone (RFC 3339) such as 2026-01-05T00:00:00Z"
    guard let member = document[name], !member.isNull || isRequired else {
      if isRequired {
        report("member '\(name)' is missing", expected: expected, hint: "add the time from which data is wanted")
      }
      return nil
    }
    if let text = member.text, let instant = Instant(rfc3339: text) {
      guard instant < EnrolmentDate.earliest else { return instant }
      report("member '\(name)' is '\(instant.text)'", expected: EnrolmentDate.expectedEarliest, hint: "correct the year")
      return nil
    }
    report("member '\(name)' is \(shown(member) { "0123456789TZtz:+-. ".contains($0) })", expected: expected, hint: "correct it")
    return nil
  }

  mutating func zone() -> String? {
    guard let member = document["zone"], !member.isNull else { return nil }
    if let text = member.text, CivilZone(text) != nil { return text }
    report(
      "member 'zone' is \(shown(member) { $0.isASCII && ($0.isLetter || $0.isNumber || "/_+-".contains($0)) })",
      expected: "the name of a time zone such as America/Chicago", hint: "correct it, or remove it to use the zone of the profile")
    return nil
  }

  mutating func text(_ name: String, expected: String) -> String? {
    guard let member = document[name], !member.isNull else { return nil }
    if let text = member.text, !text.isEmpty { return text }
    report("member '\(name)' is \(member.kindWords)", expected: expected, hint: "correct or remove it")
    return nil
  }

  mutating func choice(_ name: String, among choices: [String]) -> String? {
    guard let member = document[name], !member.isNull else { return nil }
    if let text = member.text, choices.contains(text) { return text }
    report(
      "member '\(name)' is \(shown(member) { $0.isASCII && ($0.isLetter || "_-".contains($0)) })",
      expected: "one of " + choices.joined(separator: ", "),
      hint: member.text.flatMap { NearestName.hint(for: $0, among: choices) } ?? "correct or remove it")
    return nil
  }

  /// The stored token state if it belongs to this refresh token; a new state otherwise.
  func token(refreshToken: String) -> TokenRecord {
    var record = TokenRecord(refreshToken: refreshToken)
    if record.isAbsent {
      record.state = .needsConsent
      record.since = document["token"]?["since"]?.text.flatMap { Instant(rfc3339: $0) }
      return record
    }
    guard let notes = document["token"], notes["refresh_token_sha256"]?.text == record.refreshTokenDigest else { return record }
    record.state = notes["state"]?.text.flatMap(TokenState.init) ?? .live
    record.since = notes["since"]?.text.flatMap { Instant(rfc3339: $0) }
    record.refreshed = notes["refreshed"]?.text.flatMap { Instant(rfc3339: $0) }
    record.asked = notes["asked"]?.text.flatMap { Instant(rfc3339: $0) }
    record.account = notes["user_id"]?.text
    record.refusals = notes["refused"]?.elements?.compactMap(TokenRefusal.init) ?? []
    record.issuer = notes["issuer"]?.text
    record.refreshTokenExpires = notes["refresh_token_expires"]?.text.flatMap { Instant(rfc3339: $0) }
    record.accessToken = document["access_token"]?.text
    record.accessTokenExpires = document["access_token_expires"]?.text.flatMap { Instant(rfc3339: $0) }
    record.grantedScopes = document["scopes"]?["granted"]?.elements?.compactMap(\.text)
    record.refusedScopes = document["scopes"]?["refused"]?.elements?.compactMap(\.text) ?? []
    return record
  }

  /// The value if it is short and harmless, otherwise its kind.
  private func shown(_ member: JSONTree, _ isHarmless: (Character) -> Bool) -> String {
    guard let text = member.text, !text.isEmpty, text.count <= 40, text.allSatisfy(isHarmless) else { return other(member) }
    return "'\(text)'"
  }

  private func other(_ member: JSONTree) -> String {
    if let text = member.text, !text.isEmpty { return "another text" }
    return member.kindWords
  }

  private mutating func report(_ found: String, expected: String, hint: String) {
    problems.append(Diagnostic(.participantFile, file: path, found: found, expected: expected, hint: hint))
  }
}
