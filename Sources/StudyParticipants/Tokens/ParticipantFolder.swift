import FlowCore
import FlowCrypto
import StudyModel

/// File operations on a folder of participant files. All of them block: call them only on the lane of a
/// `ParticipantStore`.
struct ParticipantFolder: Sendable {
  let path: String
  let fileSystem: any FileSystem
  let keyring: ParticipantKeyring
  private let random: any RandomSource
  private let log: @Sendable (_ message: String, _ metadata: [String: String]) -> Void

  /// The meaning of a file name in the folder.
  enum Entry: Equatable {
    case participant(String)
    case problem(String, Diagnostic)
    case other
  }

  init(path: String, environment: RuntimeEnvironment) {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    fileSystem = environment.fileSystem
    keyring = ParticipantKeyring(environment)
    random = environment.random
    log = environment.log
  }

  func path(of participant: String) -> String { path + "/" + ParticipantName.fileName(participant) }

  /// Throws `StopRun` if the folder does not exist.
  func checkExists() throws {
    let status = try fileSystem.status(path)
    guard status?.isFolder == true else {
      throw StopRun(
        .misconfigured, .badParticipantFile,
        "the participants folder '\(path)' \(status == nil ? "does not exist" : "is not a folder"); expected a folder with one "
          + "ID.json per participant; make it, or name another one with the parameter participants")
    }
  }

  /// The participants and the invalid names, ordered by name.
  func list() throws -> [ParticipantListing] {
    try fileSystem.names(in: path).compactMap { name in
      switch entry(name) {
      case .participant(let participant):
        ParticipantListing(name: participant, problem: try fileProblem(of: participant)?.description)
      case .problem(let shown, let problem): ParticipantListing(name: shown, problem: problem.description)
      case .other: nil
      }
    }
  }

  func entry(_ fileName: String) -> Entry {
    guard !fileName.hasPrefix("."), fileName.lowercased().hasSuffix(ParticipantName.suffix) else { return .other }
    let name = String(fileName.dropLast(ParticipantName.suffix.count))
    let file = path + "/" + fileName
    guard fileName.hasSuffix(ParticipantName.suffix) else {
      return .problem(
        name, Diagnostic(.participantFile, file: file, found: "the file name ends in '\(fileName.suffix(5))'", expected: "'.json'", hint: "rename it"))
    }
    guard ParticipantName.isValid(name) else {
      return .problem(
        name,
        Diagnostic(
          .participantFile, file: file, found: "\(ParticipantName.quoted(name)) cannot be a participant's name",
          expected: ParticipantName.expected, hint: "rename the file and its member 'participant'"))
    }
    return .participant(name)
  }

  /// Why the entry at a participant's path cannot be used. Symbolic links are rejected: a write would replace the link,
  /// and if two names led to one token, two runs could use it up.
  private func fileProblem(of participant: String) throws -> Diagnostic? {
    let file = path(of: participant)
    if try fileSystem.isSymbolicLink(file) {
      return Diagnostic(
        .participantFile, file: file, found: "it is a symbolic link", expected: "a participant file", hint: "put the file itself here")
    }
    guard let status = try fileSystem.status(file) else {
      return Diagnostic(.participantFile, file: file, found: "the file is not there", expected: "a participant file", hint: "restore it")
    }
    guard status.isRegularFile else {
      return Diagnostic(
        .participantFile, file: file, found: status.isFolder ? "it is a folder" : "it is not a regular file", expected: "a participant file",
        hint: "move it out of the folder, or change its extension")
    }
    guard status.sizeBytes <= ParticipantFile.sizeLimitBytes else {
      return Diagnostic(
        .participantFile, file: file, found: "the file has \(status.sizeBytes) bytes", expected: "at most \(ParticipantFile.sizeLimitBytes)",
        hint: "restore it from a backup")
    }
    return nil
  }

  /// Reads and validates a participant file, encrypted or not. Throws `Diagnostics` for problems that a person must
  /// fix.
  func read(_ participant: String) throws -> ParticipantFile {
    if let problem = try fileProblem(of: participant) { throw Diagnostics([problem]) }
    let file = path(of: participant)
    let bytes = try fileSystem.read(file, limitBytes: ParticipantFile.sizeLimitBytes)
    let document = try ParticipantFile.tree(parsing: bytes, path: file)
    guard let envelope = ParticipantEnvelope(document) else {
      return try ParticipantFile(document: document, participant: participant, path: file)
    }
    var read = try ParticipantFile(parsing: try opened(envelope, participant, file), participant: participant, path: file)
    read.isEncrypted = true
    return read
  }

  private func opened(_ envelope: ParticipantEnvelope, _ participant: String, _ file: String) throws -> [UInt8] {
    let key = try keyring.key()
    do throws(Diagnostic) {
      return try envelope.open(key, participant: participant)
    } catch {
      throw Diagnostics([error.at(Diagnostic.Place(file: file))])
    }
  }

  /// The bytes to write, encrypted if the file is.
  private func bytes(of file: ParticipantFile) throws -> [UInt8] {
    guard file.isEncrypted else { return file.bytes }
    guard let key = try keyring.key() else {
      throw StopRun(.misconfigured, .badParticipantFile, "a participant file is to be encrypted and there is no key")
    }
    return ParticipantEnvelope.seal(file.bytes, participant: file.participant, key: key, random: random).prettyBytes
  }

  /// Replaces a file atomically and durably. Changes that a person made since it was read are merged. Returns the new
  /// content.
  /// - Parameter overUnreadable: also replace a file that cannot be read (other owner, bad sector), since the rename
  ///   does not need to read it. Otherwise that throws `FileSystemError`.
  func replace(_ file: ParticipantFile, overUnreadable: Bool = false) throws -> ParticipantFile {
    var next = file
    let target = path(of: file.participant)
    do {
      let current = try read(file.participant)
      if current.document != file.document {
        let merged = ParticipantFile.merge(base: file.document, ours: file.updatedDocument, theirs: current.document)
        next = try ParticipantFile(document: merged, participant: file.participant, path: target)
      }
      next.isEncrypted = file.isEncrypted || current.isEncrypted
    } catch let problems as Diagnostics {
      // The file is missing or no longer valid. Only we know the current tokens, so ours is written.
      try keepDamaged(file.participant, problems, isVital: !overUnreadable)
    } catch let error as FileSystemError where overUnreadable {
      giveUp(file.participant, error)
    }
    return try write(next)
  }

  /// Copies a file that a person left unreadable to a side file before ours replaces it.
  private func keepDamaged(_ participant: String, _ problems: Diagnostics, isVital: Bool) throws {
    do {
      try keepDamaged(participant, problems)
    } catch let error as FileSystemError where !isVital {
      giveUp(participant, error)
    }
  }

  /// An unreadable file cannot be copied. It is not moved away either: if our write fails, it must still be in place.
  private func giveUp(_ participant: String, _ error: FileSystemError) {
    log(
      "warning: a participant file cannot be read any more; the tokens are written over it",
      ["participant": participant, "problem": error.description])
  }

  private func keepDamaged(_ participant: String, _ problems: Diagnostics) throws {
    let file = path(of: participant)
    guard let status = try fileSystem.status(file), status.isRegularFile, status.sizeBytes <= ParticipantFile.sizeLimitBytes else { return }
    let kept = path + "/" + ParticipantName.damagedName(participant)
    try fileSystem.replaceDurably(
      kept, with: try fileSystem.read(file, limitBytes: ParticipantFile.sizeLimitBytes),
      temporary: path + "/" + ParticipantName.temporaryName(participant))
    log(
      "warning: a participant file was changed during the run into one that cannot be read; the tokens were written over it",
      ["kept": kept, "problem": problems.all.first?.description ?? "", "next": "put what you changed into the file again, then delete the kept one"])
  }

  /// The files whose mode gives others access. Files are written with mode 0600.
  func openToOthers(_ participants: [String]) throws -> [String] {
    try participants.map(path(of:)).filter { (try fileSystem.status($0)?.mode ?? 0) & 0o077 != 0 }
  }

  /// Logs one warning for the whole batch.
  func warnOfOpenFiles(_ participants: [String]) throws {
    let files = try openToOthers(participants)
    guard let first = files.first else { return }
    log(
      "warning: participant files hold tokens, and users other than their owner can open them",
      ["files": "\(files.count)", "first": first, "next": "chmod 600 \(path)/*.json"])
  }

  /// Replaces a file atomically and durably, whatever its content. Returns the new content.
  func write(_ file: ParticipantFile) throws -> ParticipantFile {
    let target = path(of: file.participant)
    var written = try ParticipantFile(document: file.updatedDocument, participant: file.participant, path: target)
    written.isEncrypted = file.isEncrypted
    try fileSystem.replaceDurably(
      target, with: try bytes(of: written), temporary: path + "/" + ParticipantName.temporaryName(file.participant))
    return written
  }

  /// Removes the temporary file of an interrupted write.
  func removeTemporary(of participant: String) throws {
    let temporary = path + "/" + ParticipantName.temporaryName(participant)
    if try fileSystem.status(temporary) != nil { try fileSystem.removeFile(temporary) }
  }

  // MARK: Locks

  var lockPath: String { path + "/.lock" }

  func openLockFile() throws -> Int32 { try fileSystem.open(lockPath, .readWrite(mode: 0o600)) }

  /// The participants locked by another process at this moment. Takes no lock.
  func locked(among participants: [String]) throws -> Set<String> {
    guard try fileSystem.status(lockPath) != nil else { return [] }
    let descriptor = try fileSystem.open(lockPath, .read)
    defer { fileSystem.close(descriptor) }
    return Set(
      try participants.filter {
        try fileSystem.isLocked(descriptor, offset: Self.lockOffset(of: $0), length: 1, path: lockPath)
      })
  }

  /// A participant's byte in the lock file: 62 bits of SHA-256, so that collisions are negligible.
  static func lockOffset(of participant: String) -> Int64 {
    let first = SHA256.digest(of: participant.utf8).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int64(first >> 2)
  }
}
