import FlowCore
import StudyModel

/// What participant files said when they were last read, for a process that asks again and again: an unchanged file is not read a second time.
///
/// Holds no token. May be used from any task, for one batch folder.
package final class KnownStatuses: Sendable {
  private struct Key: Hashable {
    var participant: String
    var asker: TokenAsker?
  }
  private struct Known {
    var identity: FileIdentity
    var status: ParticipantStatus
  }

  private let known = Locked<[Key: Known]>([:])

  package init() {}

  /// nil unless the file was the same one then.
  func status(of participant: String, asker: TokenAsker?, _ identity: FileIdentity) -> ParticipantStatus? {
    known.withLock { known in
      guard let known = known[Key(participant: participant, asker: asker)], known.identity == identity else { return nil }
      return known.status
    }
  }

  /// - Parameter identity: taken before the file was read: one that is changed meanwhile counts as changed.
  func keep(_ status: ParticipantStatus, asker: TokenAsker?, _ identity: FileIdentity) {
    known.withLock { $0[Key(participant: status.participant, asker: asker)] = Known(identity: identity, status: status) }
  }

  /// Forgets all others.
  func keepOnly(_ participants: Set<String>) {
    known.withLock { known in known = known.filter { participants.contains($0.key.participant) } }
  }
}

/// Reads the status of one participant after the other, as far as the files are not known already. Its methods block: call them only on the lane of a
/// `ParticipantStore`.
struct StatusReading {
  private let folder: ParticipantFolder
  private let asker: TokenAsker?
  private let known: KnownStatuses?
  private let now: Instant
  private(set) var opening: BatchOpening

  /// A file that was changed later than so long ago may be changed once more without a change of its times, which some file systems keep in whole
  /// seconds: what it says is not kept.
  private static let settlingSeconds: Int64 = 3

  init(_ folder: ParticipantFolder, asker: TokenAsker?, known: KnownStatuses?, now: Instant) {
    self.now = now
    self.folder = folder
    self.asker = asker
    self.known = known
    opening = BatchOpening(folder)
  }

  /// Without lock and invitation. Throws `FileSystemError`.
  /// - Parameter hasIntent: whether a request for tokens may be noted beside the file.
  mutating func status(of participant: String, hasIntent: Bool) throws -> ParticipantStatus {
    // With a note, the file's tokens decide whether it still holds.
    let identity = try known == nil || hasIntent ? nil : folder.fileSystem.identity(folder.path(of: participant))
    if let identity, let status = known?.status(of: participant, asker: asker, identity) {
      if status.isEncrypted { opening.hasOpened() }
      return status
    }
    if let problem = try folder.fileProblem(of: participant) { return ParticipantStatus(participant: participant, problem: problem.description) }
    switch try opening.open(participant) {
    case .success(let file):
      let status = ParticipantStatus(hasIntent ? try folder.withIntent(file) : file, asker: asker)
      if let identity, identity.changed / 1_000_000_000 <= now.seconds - Self.settlingSeconds { known?.keep(status, asker: asker, identity) }
      return status
    case .failure(let problems): return ParticipantStatus(participant: participant, problem: problems.description)
    }
  }
}

extension ParticipantStore {
  /// The status of every participant, ordered by file name, read from the files without locks or requests. Throws `Diagnostics` if files are
  /// encrypted and the key opens none of them, and `StopRun`.
  /// - Parameter known: what the files said before; nil reads all of them.
  package func statuses(knowing known: KnownStatuses? = nil) async throws -> [ParticipantStatus] {
    let folder = folder, asker = asker, now = time.now
    return try await onDisk {
      try folder.checkExists()
      _ = try folder.keyring.key()
      let names = try folder.fileSystem.names(in: folder.path), present = Set(names)
      let invitations = try InvitationFolder(folder).statuses(at: now)
      var reading = StatusReading(folder, asker: asker, known: known, now: now)
      var statuses = try names.compactMap { name -> ParticipantStatus? in
        switch folder.entry(name) {
        case .participant(let participant): try reading.status(of: participant, hasIntent: present.contains(ParticipantName.intentName(participant)))
        case .problem(let shown, let problem): ParticipantStatus(participant: shown, problem: problem.description)
        case .other: nil
        }
      }
      let held = try folder.locked(among: statuses.map(\.participant).filter(ParticipantName.isValid))
      for index in statuses.indices {
        statuses[index].isHeld = held.contains(statuses[index].participant)
        statuses[index].invitation = invitations[statuses[index].participant]
      }
      known?.keepOnly(Set(statuses.map(\.participant)))
      try reading.opening.checkKey()
      return statuses
    }
  }

  /// The status of one participant, as `statuses` has it; reads no other file. nil if there is no such participant. Throws `Diagnostics` for an
  /// encrypted file and no usable key, and `StopRun`.
  package func status(of participant: String, knowing known: KnownStatuses? = nil) async throws -> ParticipantStatus? {
    guard ParticipantName.isValid(participant) else { return nil }
    let folder = folder, asker = asker, now = time.now
    return try await onDisk {
      try folder.checkExists()
      _ = try folder.keyring.key()
      // A link that leads nowhere is an entry, too.
      guard try folder.fileSystem.status(folder.path(of: participant)) != nil || folder.fileSystem.isSymbolicLink(folder.path(of: participant)) else { return nil }
      var reading = StatusReading(folder, asker: asker, known: known, now: now)
      var status = try reading.status(of: participant, hasIntent: folder.hasIntent(of: participant))
      status.isHeld = try folder.locked(among: [participant]).contains(participant)
      status.invitation = try InvitationFolder(folder).status(of: participant, at: now)
      try reading.opening.checkKey()
      return status
    }
  }

  /// What a participant's status is made of, but for locks: two equal ones mean that nothing has been changed since. nil where the file system does
  /// not say. Throws `StopRun`.
  package func statusBasis(of participant: String) async throws -> [FileIdentity?]? {
    guard ParticipantName.isValid(participant) else { return nil }
    let folder = folder
    return try await onDisk {
      guard let file = try folder.fileSystem.identity(folder.path(of: participant)) else { return nil }
      return [file, try folder.intentIdentity(of: participant), try InvitationFolder(folder).identity(of: participant)]
    }
  }

  /// The names of the batch's participants, sorted; no file is read. Throws `StopRun`.
  package func names() async throws -> [String] {
    let folder = folder
    return try await onDisk {
      try folder.checkExists()
      return try folder.fileSystem.names(in: folder.path).compactMap { name in
        if case .participant(let participant) = folder.entry(name) { participant } else { nil }
      }
    }
  }
}
