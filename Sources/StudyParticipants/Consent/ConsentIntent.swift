import FlowCore
import FlowCrypto
import Foundation
import StudyModel

/// A pending consent: the parameters of the request, which the redirect is checked against (RFC 6749 §4.1 with PKCE,
/// RFC 7636).
package struct ConsentIntent: Sendable, Equatable {
  package let participant: String
  /// Where the provider redirects the browser afterwards.
  package let redirectURI: String
  /// Returned with the redirect; a different value belongs to another request. 256 random bits.
  package let state: String
  /// Sent with the code in the token request, so that an intercepted code is useless by itself. 256 bits.
  package let verifier: String
  package let created: Instant

  /// - Parameters:
  ///   - prefix: the first part of `state`, by which an answer is assigned.
  ///   - random: must be the system's generator, except in tests.
  package init(participant: String, redirectURI: String, statePrefix prefix: String = "", random: any RandomSource, now: Instant) {
    self.participant = participant
    self.redirectURI = redirectURI
    state = prefix + Self.text(random)
    verifier = Self.text(random)
    created = now
  }

  /// 43 characters of base64url.
  private static func text(_ random: any RandomSource) -> String {
    Self.base64URL((0..<4).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } })
  }
  static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// S256 of the verifier.
  package var challenge: String { Self.base64URL(SHA256.digest(of: verifier.utf8)) }

  // MARK: On disk

  /// Throws `Diagnostics` if the file is not a pending consent.
  init(parsing bytes: [UInt8], path: String) throws(Diagnostics) {
    let tree: JSONTree
    do {
      tree = try JSONTree(parsing: bytes)
    } catch {
      throw Self.damaged(path)
    }
    try self.init(document: tree, path: path)
  }

  init(document tree: JSONTree, path: String) throws(Diagnostics) {
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
      Diagnostic(.consentFile, file: path, found: "it is not a pending consent", expected: "the file as flowrun wrote it", hint: "ask for a new link: flowrun authorize")
    ])
  }

  var bytes: [UInt8] { document.prettyBytes }

  var document: JSONTree {
    JSONTree.object([
      JSONTree.Member("participant", .string(participant)), JSONTree.Member("redirect_uri", .string(redirectURI)),
      JSONTree.Member("state", .string(state)), JSONTree.Member("code_verifier", .string(verifier)),
      JSONTree.Member("created", .string(created.text)),
    ])
  }
}

/// Pending consents in a folder, one file each with mode 0600: another process than the one that created the link may
/// redeem the code.
package struct ConsentIntents: Sendable {
  private let folder: String
  private let batch: String
  private let fileSystem: any FileSystem
  private let lane: any Lane

  /// - Parameters:
  ///   - folder: the consent folder of the state folder.
  ///   - batch: distinguishes batches whose participants have the same names.
  package init(folder: String, batch: String, environment: RuntimeEnvironment) {
    self.folder = folder
    self.batch = String(TokenRecord.digest(batch).prefix(8))
    fileSystem = environment.fileSystem
    lane = environment.lane("consents")
  }

  private func path(_ participant: String) -> String { "\(folder)/\(batch)-\(participant).json" }

  /// Replaces the participant's pending consent.
  package func write(_ intent: ConsentIntent) async throws {
    try await lane.run {
      try fileSystem.makeFolder(folder)
      try fileSystem.replaceDurably(
        path(intent.participant), with: intent.bytes, temporary: "\(folder)/.\(batch)-\(intent.participant).json.tmp")
    }
  }

  /// nil if no consent is pending.
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
