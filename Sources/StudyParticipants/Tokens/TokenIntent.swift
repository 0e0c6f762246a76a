import FlowCore
import StudyModel

/// The intent to ask for new tokens, in a file of its own beside the participant file.
///
/// It need survive only the death of the process: after a power cut the participant file has the old refresh token, which
/// is what the intent says too. So it is written without fsync, which the file with the tokens would not forgive.
///
/// It names the refresh token by digest and the response that it came with by time, and is void once the participant file
/// has another token or a later response. Removing it is a matter of tidiness, safe at any point and without fsync.
struct TokenIntent: Equatable {
  private static let digestMember = "refresh_token_sha256"

  let asked: Instant
  private let digest: String
  private let refreshed: String?

  init(_ token: TokenRecord, asked: Instant) {
    self.asked = asked
    digest = token.refreshTokenDigest
    refreshed = token.refreshed?.text
  }

  /// nil for an incomplete file, whose writer died before it sent anything or lost it to a power cut.
  init?(parsing bytes: [UInt8]) {
    let document: JSONTree
    do {
      document = try JSONTree(parsing: bytes)
    } catch {
      return nil
    }
    guard let digest = document[Self.digestMember]?.text, let asked = document["asked"]?.text.flatMap({ Instant(rfc3339: $0) })
    else { return nil }
    self.digest = digest
    self.asked = asked
    refreshed = document["refreshed"]?.text
  }

  var bytes: [UInt8] {
    var document = JSONTree.object([JSONTree.Member(Self.digestMember, .string(digest)), JSONTree.Member("asked", .string(asked.text))])
    document["refreshed"] = refreshed.map { .string($0) }
    return document.prettyBytes
  }

  /// Whether no response to the request is recorded.
  func isOpen(for token: TokenRecord) -> Bool {
    !token.isAbsent && digest == token.refreshTokenDigest && refreshed == token.refreshed?.text
  }
}

extension ParticipantFolder {
  private func intentPath(of participant: String) -> String { path + "/" + ParticipantName.intentName(participant) }

  /// - Parameter isDurable: shows that the disk takes what is written, before a token is used up.
  func write(_ intent: TokenIntent, of participant: String, isDurable: Bool) throws {
    let path = intentPath(of: participant)
    if isDurable { return try fileSystem.replaceDurably(path, with: intent.bytes, temporary: temporaryPath(of: participant)) }
    let descriptor = try fileSystem.open(path, .replace(mode: 0o600))
    defer { fileSystem.close(descriptor) }
    try fileSystem.write(intent.bytes, to: descriptor, path: path)
  }

  func hasIntent(of participant: String) throws -> Bool { try fileSystem.status(intentPath(of: participant)) != nil }
  func intentIdentity(of participant: String) throws -> FileIdentity? { try fileSystem.identity(intentPath(of: participant)) }

  /// Adds an open intent to the file's token. Returns whether there is a file with an intent, open or not.
  func addIntent(to file: inout ParticipantFile) throws -> Bool {
    let path = intentPath(of: file.participant)
    guard try fileSystem.status(path) != nil else { return false }
    let bytes = try fileSystem.read(path, limitBytes: ParticipantFile.sizeLimitBytes)
    if let intent = TokenIntent(parsing: bytes), intent.isOpen(for: file.token) { file.token.asked = file.token.asked ?? intent.asked }
    return true
  }

  func withIntent(_ file: ParticipantFile) throws -> ParticipantFile {
    var file = file
    _ = try addIntent(to: &file)
    return file
  }

  /// Removes an intent that is void, or part of the participant file now. Returns whether it is gone: one that is left
  /// does no harm, and is removed when the participant is next taken up.
  func removeIntent(of participant: String) -> Bool {
    let path = intentPath(of: participant)
    do {
      if try fileSystem.status(path) != nil { try fileSystem.removeFile(path) }
      return true
    } catch {
      log("a file that notes a token request cannot be removed; the next run removes it", ["problem": "\(error)"])
      return false
    }
  }
}
