import Crypto
import FlowCore
import Foundation
import StudyModel

/// The key under which participant files lie encrypted: 256 bits for AES-GCM (NIST SP 800-38D). Never shown; `id` is.
package struct ParticipantKey: Sendable, CustomStringConvertible {
  package static let expected = "32 bytes as 64 hexadecimal digits or as base64, such as `openssl rand -hex 32` prints"

  fileprivate let key: SymmetricKey
  /// 16 hexadecimal digits that tell keys apart; nothing of the key follows from them.
  package let id: String

  /// nil unless the text is the hexadecimal or base64 form of 32 bytes. White space around it does not count.
  package init?(text: String) {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard let bytes = Hexadecimal.bytes(text) ?? Self.base64(text), bytes.count == 32 else { return nil }
    key = SymmetricKey(data: bytes)
    let tag = HMAC<SHA256>.authenticationCode(for: Array("flowrun participant file".utf8), using: key)
    id = Hexadecimal.text(tag.prefix(8))
  }

  private static func base64(_ text: String) -> [UInt8]? {
    var text = text.replacing("-", with: "+").replacing("_", with: "/")
    while text.utf8.count % 4 != 0 { text += "=" }
    return Data(base64Encoded: text).map(Array.init)
  }

  package var description: String { "key \(id)" }
}

/// A participant file as it lies encrypted: a JSON object that says whose it is, how it is encrypted and with which key.
///
///     {"participant": "P0001", "encrypted": {"format": 1, "cipher": "AES-256-GCM", "key": "…", "nonce": "…", "text": "…"}}
///
/// The participant's name is bound to the text: under another name it does not open.
struct ParticipantEnvelope {
  static let format = "1"
  static let cipher = "AES-256-GCM"
  private static let member = "encrypted"

  private let members: JSONTree

  /// nil for a document in clear.
  init?(_ document: JSONTree) {
    guard let members = document[Self.member] else { return nil }
    self.members = members
  }

  /// The bytes that were sealed. Throws a diagnostic without a file: with the code `participantKey` where the key, or the lack of one, is
  /// to blame, else `participantFile`.
  func open(_ key: ParticipantKey?, participant: String) throws(Diagnostic) -> [UInt8] {
    guard case .number(Self.format)? = members["format"], members["cipher"]?.text == Self.cipher, let needed = members["key"]?.text
    else { throw Self.unknownForm }
    guard let key else { throw Self.noKey(needed: needed) }
    guard key.id == needed else { throw Self.otherKey(needed: needed, given: key.id) }
    guard let nonce = Self.bytes(members["nonce"]), let sealed = Self.bytes(members["text"]), nonce.count == 12 else { throw Self.damaged }
    do {
      let box = try AES.GCM.SealedBox(combined: nonce + sealed)
      return Array(try AES.GCM.open(box, using: key.key, authenticating: Self.bound(to: participant)))
    } catch {
      throw Self.damaged
    }
  }

  /// - Parameter random: two draws make the nonce. It must never give the same twice under one key: the system's generator.
  static func seal(
    _ bytes: [UInt8], participant: String, key: ParticipantKey, random: any RandomSource
  ) throws -> JSONTree {
    let draws = [random.next(), random.next()].flatMap { draw in withUnsafeBytes(of: draw) { Array($0) } }
    let nonce = Array(draws.prefix(12))
    let box = try AES.GCM.seal(bytes, using: key.key, nonce: AES.GCM.Nonce(data: nonce), authenticating: bound(to: participant))
    func base64(_ bytes: some Sequence<UInt8>) -> JSONTree { .string(Data(bytes).base64EncodedString()) }
    return .object([
      JSONTree.Member("participant", .string(participant)),
      JSONTree.Member(
        member,
        .object([
          JSONTree.Member("format", .number(format)), JSONTree.Member("cipher", .string(cipher)),
          JSONTree.Member("key", .string(key.id)), JSONTree.Member("nonce", base64(nonce)),
          JSONTree.Member("text", base64(box.ciphertext + box.tag)),
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
  /// Another format or cipher than this program's, or members that are none.
  private static var unknownForm: Diagnostic {
    Diagnostic(
      .participantFile, found: "member 'encrypted' is of a form that is not known", expected: "format 1, \(cipher)",
      hint: "use the flowrun that wrote it, or a newer one; it was left as it is")
  }
  /// The text is not what was written with this key for this participant.
  private static var damaged: Diagnostic {
    Diagnostic(
      .participantFile, found: "the encrypted file was changed, cut off, or is another participant's: its key does not open it",
      expected: "the file as flowrun wrote it", hint: "restore it from a backup; it was left as it is")
  }
}

/// Where the key comes from: the environment, read once, when it is first needed. Blocks; for the lane of a participant folder.
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

  /// nil: none is given. Throws `Diagnostics` for one that is none; no message holds it.
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
