import FlowCore
import FlowCrypto
import Foundation
import StudyModel

/// The key that encrypts participant files: 256 bits for AES-GCM (NIST SP 800-38D). Only its `id` is ever shown.
package struct ParticipantKey: Sendable, CustomStringConvertible {
  package static let expected = "32 bytes as 64 hexadecimal digits or as base64, such as `openssl rand -hex 32` prints"

  fileprivate let key: SecretKey
  /// 16 hexadecimal digits that identify the key without revealing anything about it.
  package let id: String

  /// nil unless the text is 32 bytes in hexadecimal or base64, with optional surrounding white space.
  package init?(text: String) {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard let bytes = Hexadecimal.bytes(text) ?? Self.base64(text), bytes.count == SecretKey.count else { return nil }
    key = SecretKey(bytes)
    id = Hexadecimal.text(key.authenticationCode(for: Array("flowrun participant file".utf8)).prefix(8))
  }

  private static func base64(_ text: String) -> [UInt8]? {
    var text = text.replacing("-", with: "+").replacing("_", with: "/")
    while text.utf8.count % 4 != 0 { text += "=" }
    return Data(base64Encoded: text).map(Array.init)
  }

  package var description: String { "key \(id)" }
}

/// An encrypted participant file: a JSON object with the participant, the cipher and the key id.
///
///     {"participant": "P0001", "encrypted": {"format": 1, "cipher": "AES-256-GCM", "key": "…", "nonce": "…", "text":
///     "…"}}
///
/// The participant's name is authenticated with the text: the file cannot be opened under another name.
struct ParticipantEnvelope {
  static let format = "1"
  static let cipher = "AES-256-GCM"
  private static let member = "encrypted"

  private let members: JSONTree

  /// nil for an unencrypted document.
  init?(_ document: JSONTree) {
    guard let members = document[Self.member] else { return nil }
    self.members = members
  }

  /// Decrypts the content. Throws a diagnostic without a file: `participantKey` if the key is missing or wrong,
  /// otherwise `participantFile`.
  func open(_ key: ParticipantKey?, participant: String) throws(Diagnostic) -> [UInt8] {
    guard case .number(Self.format)? = members["format"], members["cipher"]?.text == Self.cipher, let needed = members["key"]?.text
    else { throw Self.unknownForm }
    guard let key else { throw Self.noKey(needed: needed) }
    guard key.id == needed else { throw Self.otherKey(needed: needed, given: key.id) }
    guard
      let nonce = Self.bytes(members["nonce"]), nonce.count == SecretKey.nonceCount, let sealed = Self.bytes(members["text"]),
      let text = key.key.open(sealed, nonce: nonce, authenticating: Self.bound(to: participant))
    else { throw Self.damaged }
    return text
  }

  /// - Parameter random: supplies the nonce in two draws. A nonce must never repeat under one key, so use the system's
  ///   generator.
  static func seal(
    _ bytes: [UInt8], participant: String, key: ParticipantKey, random: any RandomSource
  ) -> JSONTree {
    let draws = [random.next(), random.next()].flatMap { draw in withUnsafeBytes(of: draw) { Array($0) } }
    let nonce = Array(draws.prefix(SecretKey.nonceCount))
    let sealed = key.key.seal(bytes, nonce: nonce, authenticating: bound(to: participant))
    func base64(_ bytes: [UInt8]) -> JSONTree { .string(Data(bytes).base64EncodedString()) }
    return .object([
      JSONTree.Member("participant", .string(participant)),
      JSONTree.Member(
        member,
        .object([
          JSONTree.Member("format", .number(format)), JSONTree.Member("cipher", .string(cipher)),
          JSONTree.Member("key", .string(key.id)), JSONTree.Member("nonce", base64(nonce)),
          JSONTree.Member("text", base64(sealed)),
        ])),
    ])
  }

  private static func bound(to participant: String) -> [UInt8] { Array("flowrun participant file \(format) \(participant)".utf8) }
  private static func bytes(_ member: JSONTree?) -> [UInt8]? {
    member?.text.flatMap { Data(base64Encoded: $0) }.map(Array.init)
  }
}

extension ParticipantEnvelope {
  private static func noKey(needed: String) -> Diagnostic {
    Diagnostic(
      .participantKey, found: "the file is encrypted (key \(needed)) and no key is given",
      expected: "the key in the environment: \(ParticipantKeyring.keyVariable), or \(ParticipantKeyring.fileVariable) with the path of a file that holds it")
  }
  private static func otherKey(needed: String, given: String) -> Diagnostic {
    Diagnostic(
      .participantKey, found: "the file is encrypted with key \(needed), and key \(given) is given", expected: "key \(needed)",
      hint: "check \(ParticipantKeyring.keyVariable) and \(ParticipantKeyring.fileVariable)")
  }
  /// Unknown format or cipher, or malformed members.
  private static var unknownForm: Diagnostic {
    Diagnostic(
      .participantFile, found: "member 'encrypted' is of a form that is not known", expected: "format 1, \(cipher)",
      hint: "use the flowrun that wrote it, or a newer one; it was left unchanged")
  }
  /// Authentication failed: not the text written with this key for this participant.
  private static var damaged: Diagnostic {
    Diagnostic(
      .participantFile, found: "the encrypted file was changed, cut off, or is another participant's: its key does not open it",
      expected: "the file as flowrun wrote it", hint: "restore it from a backup; it was left unchanged")
  }
}

/// Reads the key from the environment once, on first use. Blocks; use it only on the lane of a participant folder.
final class ParticipantKeyring: Sendable {
  static let keyVariable = "FLOWRUN_PARTICIPANT_KEY"
  static let fileVariable = "FLOWRUN_PARTICIPANT_KEY_FILE"

  private let variable: @Sendable (String) -> String?
  private let fileSystem: any FileSystem
  private let known = Locked<ParticipantKey??>(nil)

  init(_ environment: RuntimeEnvironment) {
    variable = environment.variable
    fileSystem = environment.fileSystem
  }

  /// nil if no key is given. Throws `Diagnostics` for an invalid one; no message contains it.
  func key() throws -> ParticipantKey? {
    if let known = known.withLock({ $0 }) { return known }
    let read = try read()
    known.withLock { $0 = .some(read) }
    return read
  }

  private func read() throws -> ParticipantKey? {
    let text = variable(Self.keyVariable).flatMap { $0.isEmpty ? nil : $0 }
    let path = variable(Self.fileVariable).flatMap { $0.isEmpty ? nil : $0 }
    if text != nil, path != nil {
      throw Diagnostics([
        Diagnostic(
          .participantKey, subject: "environment", found: "\(Self.keyVariable) and \(Self.fileVariable) are both set", expected: "one of them",
          hint: "unset the other")
      ])
    }
    if let text { return try key(text, subject: "environment variable \(Self.keyVariable)") }
    guard let path else { return nil }
    do {
      let bytes = try fileSystem.read(path, limitBytes: 4096)
      return try key(String(decoding: bytes, as: UTF8.self), subject: "\(path), named by \(Self.fileVariable)")
    } catch let error as FileSystemError {
      throw Diagnostics([
        Diagnostic(.participantKey, subject: "environment variable \(Self.fileVariable)", found: "\(error)", expected: "a file that holds \(ParticipantKey.expected)")
      ])
    }
  }

  private func key(_ text: String, subject: String) throws -> ParticipantKey {
    guard let key = ParticipantKey(text: text) else {
      throw Diagnostics([
        Diagnostic(
          .participantKey, subject: subject, found: "it holds no key (\(text.utf8.count) characters)", expected: ParticipantKey.expected)
      ])
    }
    return key
  }
}
