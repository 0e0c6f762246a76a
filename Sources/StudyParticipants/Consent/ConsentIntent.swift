import Crypto
import FlowCore
import Foundation
import StudyModel

/// A consent under way: what was asked with, and what the answer is held against (RFC 6749 §4.1 with PKCE, RFC 7636).
package struct ConsentIntent: Sendable, Equatable {
  package let participant: String
  /// Where the provider sends the browser afterwards.
  package let redirectURI: String
  /// Comes back with the answer: another one belongs to another request. 256 bits.
  package let state: String
  /// Goes with the code, and only then: whoever sees the code alone cannot use it. 256 bits.
  package let verifier: String
  package let created: Instant

  /// - Parameter random: must be the system's generator, but for tests.
  package init(participant: String, redirectURI: String, random: any RandomSource, now: Instant) {
    self.participant = participant
    self.redirectURI = redirectURI
    state = Self.text(random)
    verifier = Self.text(random)
    created = now
  }

  /// 43 characters of base64url.
  private static func text(_ random: any RandomSource) -> String {
    Self.base64URL((0..<4).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } })
  }
  private static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// S256 of the verifier.
  package var challenge: String { Self.base64URL(SHA256.hash(data: Array(verifier.utf8))) }

  // MARK: On disk

  /// Throws `Diagnostics` for what is none.
  init(parsing bytes: [UInt8], path: String) throws(Diagnostics) {
    let tree: JSONTree
    do {
      tree = try JSONTree(parsing: bytes)
    } catch {
      throw Self.damaged(path)
    }
    guard let participant = tree["participant"]?.text, let redirectURI = tree["redirect_uri"]?.text, let state = tree["state"]?.text,
      let verifier = tree["code_verifier"]?.text, let created = tree["created"]?.text.flatMap({ Instant(rfc3339: $0) })
    else { throw Self.damaged(path) }
    self.participant = participant
    self.redirectURI = redirectURI
    self.state = state
    self.verifier = verifier
    self.created = created
  }

  private static func damaged(_ path: String) -> Diagnostics {
    Diagnostics([
      Diagnostic(.consentFile, file: path, found: "it is not a consent under way", expected: "the file as flowrun wrote it", hint: "ask for a new link: flowrun authorize")
    ])
  }

  var bytes: [UInt8] {
    JSONTree.object([
      JSONTree.Member("participant", .string(participant)), JSONTree.Member("redirect_uri", .string(redirectURI)),
      JSONTree.Member("state", .string(state)), JSONTree.Member("code_verifier", .string(verifier)),
      JSONTree.Member("created", .string(created.text)),
    ]).prettyBytes
  }
}

/// Consents under way, one file each, mode 0600, in a folder: a code may come back to another process than the one that asked.
package struct ConsentIntents: Sendable {
  private let folder: String
  private let batch: String
  private let fileSystem: any FileSystem
  private let lane: any Lane

  /// - Parameters:
  ///   - folder: of the state folder.
  ///   - batch: what tells batches with participants of the same names apart.
  package init(folder: String, batch: String, environment: RuntimeEnvironment) {
    self.folder = folder
    self.batch = String(TokenRecord.digest(batch).prefix(8))
    fileSystem = environment.fileSystem
    lane = environment.lane("consents")
  }

  private func path(_ participant: String) -> String { "\(folder)/\(batch)-\(participant).json" }

  /// Replaces the one before.
  package func write(_ intent: ConsentIntent) async throws {
    try await lane.run {
      try fileSystem.makeFolder(folder)
      try fileSystem.replaceDurably(
        path(intent.participant), with: intent.bytes, temporary: "\(folder)/.\(batch)-\(intent.participant).json.tmp")
    }
  }

  /// nil: none is under way.
  package func read(_ participant: String) async throws -> ConsentIntent? {
    try await lane.run {
      let path = path(participant)
      guard try fileSystem.status(path) != nil else { return nil }
      return try ConsentIntent(parsing: try fileSystem.read(path, limitBytes: 1 << 16), path: path)
    }
  }

  package func remove(_ participant: String) async throws {
    try await lane.run {
      if try fileSystem.status(path(participant)) != nil { try fileSystem.removeFile(path(participant)) }
    }
  }
}
