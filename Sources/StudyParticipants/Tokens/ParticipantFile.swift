import FlowCore
import StudyModel

/// A participant file: the members that flowrun knows, and all others unchanged.
package struct ParticipantFile: Sendable, Equatable {
  /// Whether the participant is collected, as set by a person.
  package enum Collection: String, Sendable, CaseIterable {
    case active, paused, withdrawn
  }

  package let participant: String
  /// Start of the data still wanted.
  package var previousSync: Instant
  /// Start of the wanted history; equal to `previousSync` in a file that no run has written.
  package var enrolled: Instant
  /// IANA name.
  package var zone: String?
  /// `simulator` for a simulated participant; nil for a real one.
  package var provider: String?
  /// The provider that the consent is for, `fitbit` or `google`; nil for either.
  package var oauthType: String?
  package var collection: Collection
  /// The participant's id at the provider's former service, to link old and new data.
  package var legacyID: String?
  /// SHA-256 of the last refresh token imported from an enrolment table: importing the same table again must not
  /// restore a used token.
  var importedTokenDigest: String?
  package var token: TokenRecord
  /// The participant's known account; a token of another account is not used.
  package var account: String?
  package var sync: SyncRecord
  /// The file is stored encrypted, and stays so.
  package var isEncrypted = false
  /// The bytes on disk, encrypted or not, as read or written; nil if they are not known. As long as they are there,
  /// nobody else has changed the file.
  var stored: [UInt8]?
  /// All members, in the file's order.
  private(set) var document: JSONTree

  /// The marker of simulated participants.
  package static let simulator = "simulator"
  static let importedToken = "imported_refresh_token_sha256"
  /// Larger files are rejected.
  static let sizeLimitBytes = 1 << 20

  /// Parses and validates a file. `path` is for messages. Throws all problems at once; no message contains a token.
  package init(parsing bytes: [UInt8], participant name: String, path: String) throws(Diagnostics) {
    let tree = try Self.tree(parsing: bytes, path: path)
    try self.init(document: tree, participant: name, path: path)
  }

  init(document: JSONTree, participant name: String, path: String) throws(Diagnostics) {
    var reader = ParticipantFileReader(document: document, path: path)
    reader.checkName(name)
    let refreshToken = reader.awaitsConsent ? "" : reader.refreshToken()
    let previousSync = reader.instant("previous_sync", isRequired: true)
    let enrolled = reader.instant("enrolled", isRequired: false)
    zone = reader.zone()
    provider = reader.text("provider", expected: "text such as \"simulator\"")
    oauthType = reader.choice("oauth_type", among: ["fitbit", "google"])
    collection = reader.choice("state", among: Collection.allCases.map(\.rawValue)).flatMap(Collection.init) ?? .active
    legacyID = document["legacy_id"]?.text
    importedTokenDigest = document[Self.importedToken]?.text
    account = reader.text("user_id", expected: "the provider's id of the participant's account, as text")
    let token = refreshToken.map { reader.token(refreshToken: $0) }
    guard reader.problems.isEmpty, let token, let previousSync else { throw Diagnostics(reader.problems) }
    participant = name
    self.previousSync = previousSync
    // A person who moves previous_sync back wants the earlier data too; nothing else changes the start of the history.
    self.enrolled = min(enrolled ?? previousSync, previousSync)
    self.token = token
    // A person removes user_id to allow another account.
    account = account ?? token.account
    sync = SyncRecord(document)
    self.document = document
  }

  static func tree(parsing bytes: [UInt8], path: String) throws(Diagnostics) -> JSONTree {
    let hint = "correct the file or restore it from a backup; it was left unchanged"
    guard bytes.contains(where: { ![9, 10, 13, 32].contains($0) }) else {
      throw Diagnostics([Diagnostic(.participantFile, file: path, found: "the file is empty", expected: "a JSON object", hint: hint)])
    }
    let tree: JSONTree
    do {
      tree = try JSONTree(parsing: bytes)
    } catch {
      var problem = error
      problem.file = path
      problem.hint = hint
      throw Diagnostics([problem])
    }
    guard tree.members != nil else {
      throw Diagnostics([Diagnostic(.participantFile, file: path, found: "the file contains \(tree.kindWords)", expected: "a JSON object", hint: hint)])
    }
    return tree
  }

  /// The file's content: the document with the known members updated.
  package var bytes: [UInt8] { updatedDocument.prettyBytes }

  var updatedDocument: JSONTree {
    var tree = document
    tree["participant"] = .string(participant)
    tree["refresh_token"] = token.isAbsent ? nil : .string(token.refreshToken)
    tree["previous_sync"] = .string(previousSync.text)
    tree["zone"] = zone.map { .string($0) }
    tree["enrolled"] = .string(enrolled.text)
    // Without a known value the member is left unchanged: null, or another program's value.
    if let oauthType { tree["oauth_type"] = .string(oauthType) }
    if legacyID != document["legacy_id"]?.text { tree["legacy_id"] = legacyID.map { .string($0) } }
    if let importedTokenDigest { tree[Self.importedToken] = .string(importedTokenDigest) }
    if collection != .active || tree["state"]?.text != nil { tree["state"] = .string(collection.rawValue) }
    tree["user_id"] = (account ?? token.account).map { .string($0) }
    tree["access_token"] = token.accessToken.map { .string($0) }
    tree["access_token_expires"] = token.accessTokenExpires.map { .string($0.text) }
    tree["token"] = tokenNotes
    tree["scopes"] = scopeNotes
    sync.write(to: &tree)
    return tree
  }

  private var tokenNotes: JSONTree? {
    // A token that no run has used has no state to store. Otherwise the digest must be stored too, because it
    // identifies the token.
    guard token != TokenRecord(refreshToken: token.refreshToken) else { return nil }
    var notes = document["token"].flatMap { $0.members == nil ? nil : $0 } ?? .object([])
    notes["state"] = .string(token.state.rawValue)
    notes["since"] = token.since.map { .string($0.text) }
    notes["refreshed"] = token.refreshed.map { .string($0.text) }
    notes["asked"] = token.asked.map { .string($0.text) }
    notes["user_id"] = token.account.map { .string($0) }
    notes["issuer"] = token.issuer.map { .string($0) }
    notes["refused"] = token.refusals.isEmpty ? nil : .list(token.refusals.map(\.document))
    notes["refresh_token_expires"] = token.refreshTokenExpires.map { .string($0.text) }
    notes["refresh_token_sha256"] = token.isAbsent ? nil : .string(token.refreshTokenDigest)
    return notes
  }

  private var scopeNotes: JSONTree? {
    guard token.grantedScopes != nil || !token.refusedScopes.isEmpty else { return nil }
    var notes = JSONTree.object([])
    notes["granted"] = token.grantedScopes.map { .list($0.map { .string($0) }) }
    notes["refused"] = token.refusedScopes.isEmpty ? nil : .list(token.refusedScopes.map { .string($0) })
    return notes
  }
}

extension ParticipantFile {
  /// Merges our document with one that was changed meanwhile: their changes win, everything else is ours. `base` is the
  /// common ancestor.
  ///
  /// A refresh token that a person puts into the file during a run must survive it.
  static func merge(base: JSONTree, ours: JSONTree, theirs: JSONTree) -> JSONTree {
    var merged = theirs
    let names = Set((base.members ?? []).map(\.name)).union((ours.members ?? []).map(\.name))
    let ordered = (ours.members ?? []).map(\.name) + (base.members ?? []).map(\.name).filter { ours[$0] == nil }
    for name in ordered where names.contains(name) {
      if theirs[name] == base[name] { merged[name] = ours[name] }
    }
    return merged
  }
}
