import FlowCore
import FlowCrypto
import Foundation

/// An entry of the trail: a line, its number, and the hash of the entry before, so that no entry can be changed, taken out or put in unnoticed.
///
/// **Canonical form.** `sha256` is the SHA-256, in hexadecimal digits, of one JSON array in UTF-8 without spaces:
/// `[previous, number, act, phase, time, user, host, command, parameters, reason, flow, flow_sha256, run, result, exit]`. `parameters` is an array
/// of strings, `number`, `act` and `exit` are numbers, everything else is a string, and what is absent is `null`. In strings only `"`, `\` and control
/// characters are escaped (`\n`, `\r`, `\t`, else `\u001f`). `time` is RFC 3339 in UTC, with milliseconds only if they are not zero. The
/// `previous` of the first entry is 64 zeros.
package struct AuditEntry: Sendable, Equatable {
  /// From 1, without gaps.
  package let number: Int64
  package let line: AuditLine
  /// The hash of the entry before.
  package let previous: String
  package let sha256: String

  /// The number of the entry with which the act began.
  package var act: Int64 { line.act ?? number }

  package static let beginning = Hexadecimal.text([UInt8](repeating: 0, count: 32))

  /// As a store has it.
  package init(number: Int64, line: AuditLine, previous: String, sha256: String) {
    self.number = number
    self.line = line
    self.previous = previous
    self.sha256 = sha256
  }

  /// The entry that follows another; the first for nil.
  package init(_ line: AuditLine, after last: (number: Int64, sha256: String)?) {
    number = (last?.number ?? 0) + 1
    self.line = line
    previous = last?.sha256 ?? Self.beginning
    sha256 = Self.hash(number: number, line, previous: previous)
  }

  /// What the hash of the content is now.
  package var computedSHA256: String { Self.hash(number: number, line, previous: previous) }

  private static func hash(number: Int64, _ line: AuditLine, previous: String) -> String {
    func text(_ value: String?) -> String { value.map { JSONText.quoted($0) } ?? "null" }
    let members = [
      text(previous), "\(number)", "\(line.act ?? number)", text(line.phase.rawValue), text(line.time.text), text(line.author.user), text(line.author.host), text(line.command),
      line.parametersText, text(line.reason), text(line.flow), text(line.flowSHA256), text(line.run), text(line.result), line.exit.map { "\($0)" } ?? "null",
    ]
    return Hexadecimal.text(SHA256.digest(of: Array("[\(members.joined(separator: ","))]".utf8)))
  }

  /// The parameters that a store keeps as one text. A text of another form is no list of parameters, so that its hash does not fit.
  package static func parameters(_ text: String) -> [String] {
    let known: [String]
    do { known = try JSONDecoder().decode([String].self, from: Data(text.utf8)) } catch { return [text] }
    let canonical = "[" + known.map { JSONText.quoted($0) }.joined(separator: ",") + "]"
    return canonical == text ? known : [text]
  }
}

extension AuditEntry: Encodable {
  /// One line of JSON Lines.
  package var jsonLine: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return Array(try encoder.encode(self)) + [0x0A]
    }
  }

  package enum CodingKeys: String, CodingKey {
    case number, act, phase, time, user, host, command, parameters, reason, flow, run, result, exit, previous, sha256
    case flowSHA256 = "flow_sha256"
  }

  package func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(number, forKey: .number)
    try members.encode(act, forKey: .act)
    try members.encode(line.phase, forKey: .phase)
    try members.encode(line.time.text, forKey: .time)
    try members.encode(line.author.user, forKey: .user)
    try members.encode(line.author.host, forKey: .host)
    try members.encode(line.command, forKey: .command)
    try members.encode(line.parameters, forKey: .parameters)
    try members.encodeIfPresent(line.reason, forKey: .reason)
    try members.encodeIfPresent(line.flow, forKey: .flow)
    try members.encodeIfPresent(line.flowSHA256, forKey: .flowSHA256)
    try members.encodeIfPresent(line.run, forKey: .run)
    try members.encodeIfPresent(line.result, forKey: .result)
    try members.encodeIfPresent(line.exit, forKey: .exit)
    try members.encode(previous, forKey: .previous)
    try members.encode(sha256, forKey: .sha256)
  }
}
