import FlowCore

/// The invitations of a batch: in the folder `.invitations` of the batch folder, so that every host and the server see them wherever the participant
/// files are, and what removes those removes them.
///
/// `ID.json` is a participant's invitation: a new one replaces it in one step. `DIGEST` (of the code) is a pointer with the participant's name: it
/// finds the invitation of a code without reading the others. A pointer counts only if the invitation has that digest, so that one left by a crash
/// leads nowhere. Both have mode 0600. All methods block: call them only on the lane of a `ParticipantStore`.
struct InvitationFolder: Sendable {
  let path: String
  private let batch: ParticipantFolder
  private var fileSystem: any FileSystem { batch.fileSystem }

  init(_ batch: ParticipantFolder) {
    self.batch = batch
    path = batch.path + "/.invitations"
  }

  private func file(of participant: String) -> String { path + "/" + ParticipantName.fileName(participant) }
  private func pointer(_ digest: String) -> String { path + "/" + digest }

  // MARK: Reading

  /// nil unless an invitation has this digest. Throws `Diagnostics` for a damaged one.
  func find(_ digest: String) throws -> Invitation? {
    guard InvitationCode.isDigest(digest), try fileSystem.status(pointer(digest)) != nil else { return nil }
    let name = String(decoding: try fileSystem.read(pointer(digest), limitBytes: 1024), as: UTF8.self)
    guard ParticipantName.isValid(name), let invitation = try read(name), invitation.codeDigest == digest else { return nil }
    return invitation
  }

  /// nil if the participant was not invited. Throws `Diagnostics` for a damaged file.
  func read(_ participant: String) throws -> Invitation? {
    let file = file(of: participant)
    guard try fileSystem.status(file) != nil else { return nil }
    return try Invitation(parsing: try fileSystem.read(file, limitBytes: 1 << 16), path: file)
  }

  /// The status of every invitation by participant.
  func statuses(at now: Instant) throws -> [String: InvitationStatus] {
    guard try fileSystem.status(path) != nil else { return [:] }
    var statuses: [String: InvitationStatus] = [:]
    for name in try fileSystem.names(in: path) where !name.hasPrefix(".") && name.hasSuffix(ParticipantName.suffix) {
      let participant = String(name.dropLast(ParticipantName.suffix.count))
      statuses[participant] = try status(of: participant, at: now)
    }
    return statuses
  }

  /// nil if the participant was not invited.
  func status(of participant: String, at now: Instant) throws -> InvitationStatus? {
    do {
      return try read(participant).map { InvitationStatus($0, at: now) }
    } catch is Diagnostics {
      return .unreadable
    }
  }

  func identity(of participant: String) throws -> FileIdentity? { try fileSystem.identity(file(of: participant)) }

  // MARK: Writing, under the invitation's lock

  /// Replaces the participant's invitation; `synchronize` makes it durable. What points to the one before leads nowhere from then on.
  func put(_ invitation: Invitation) throws {
    try fileSystem.makeFolder(path)
    let former = try digest(of: invitation.participant)
    if former != invitation.codeDigest { try replace(pointer(invitation.codeDigest), with: Array(invitation.participant.utf8)) }
    try replace(file(of: invitation.participant), with: invitation.bytes)
    if let former, former != invitation.codeDigest { try removeIfPresent(pointer(former)) }
  }

  /// Makes all names of the folder, and the folder's own, durable.
  func synchronize() throws {
    guard try fileSystem.status(path) != nil else { return }
    try fileSystem.synchronizeFolder(path)
    try fileSystem.synchronizeFolder(batch.path)
  }

  /// Returns whether there was one, damaged or not.
  func remove(_ participant: String) throws -> Bool {
    guard try fileSystem.status(file(of: participant)) != nil else { return false }
    let former = try digest(of: participant)
    try fileSystem.removeFile(file(of: participant))
    if let former { try removeIfPresent(pointer(former)) }
    try removeIfPresent(temporary(file(of: participant)))
    try synchronize()
    return true
  }

  /// The digest of the code of the participant's invitation; nil if there is none or it is damaged: its pointer then leads nowhere.
  private func digest(of participant: String) throws -> String? {
    do {
      return try read(participant)?.codeDigest
    } catch is Diagnostics {
      return nil
    }
  }

  private func removeIfPresent(_ file: String) throws { if try fileSystem.status(file) != nil { try fileSystem.removeFile(file) } }

  /// Atomically; the data is durable, the name with `synchronize`.
  private func replace(_ file: String, with bytes: [UInt8]) throws {
    try fileSystem.writeDurably(bytes, to: temporary(file))
    try fileSystem.rename(temporary(file), to: file)
  }

  private func temporary(_ file: String) -> String {
    let slash = file.lastIndex(of: "/") ?? file.startIndex
    return file[...slash] + "." + file[file.index(after: slash)...] + ".tmp"
  }

  // MARK: Locks

  /// Runs `body` while no other process changes the participant's invitation; nil if one does.
  func whileLocked<Value>(_ participant: String, _ body: () throws -> Value) throws -> Value? {
    let descriptor = try batch.openLockFile()
    // Closing it ends the lock.
    defer { fileSystem.close(descriptor) }
    guard try fileSystem.lock(descriptor, offset: Self.lockOffset(of: participant), length: 1, path: batch.lockPath) else { return nil }
    return try body()
  }

  /// Beyond the bytes of participants and of the batch. Two invitations may share one: they then wait for each other.
  private static func lockOffset(of participant: String) -> Int64 { (1 << 62) + 1 + ParticipantFolder.lockOffset(of: participant) >> 1 }

  // MARK: The server's address

  private var addressFile: String { path + "/.public-url" }

  /// The public URL of the server that serves the consent pages of this batch; nil if none has said it.
  func publicURL() throws -> String? {
    guard try fileSystem.status(addressFile) != nil else { return nil }
    return String(decoding: try fileSystem.read(addressFile, limitBytes: 4096), as: UTF8.self)
  }

  func put(publicURL: String) throws {
    // A batch folder that does not exist yet is not made for this.
    guard try fileSystem.status(batch.path) != nil, try self.publicURL() != publicURL else { return }
    try fileSystem.makeFolder(path)
    try fileSystem.replaceDurably(addressFile, with: Array(publicURL.utf8), temporary: addressFile + ".tmp")
  }
}
