import Crypto
import FlowCore
import StudyModel

/// The calls on a folder of participant files. Every one blocks: for the lane of a `ParticipantStore` only.
struct ParticipantFolder: Sendable {
  let path: String
  let fileSystem: any FileSystem
  let keyring: ParticipantKeyring
  private let random: any RandomSource
  private let log: @Sendable (_ message: String, _ metadata: [String: String]) -> Void

  /// What a file's name in the folder means.
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

  /// Throws `StopRun` when the folder is not there.
  func checkExists() throws {
    let status = try fileSystem.status(path)
    guard status?.isFolder == true else {
      throw StopRun(
        .misconfigured, .badParticipantFile,
        "the participants folder '\(path)' \(status == nil ? "does not exist" : "is not a folder"); expected a folder with one "
          + "ID.json per participant; make it, or name another one with the parameter participants")
    }
  }

  /// The participants, and the names that cannot be one's, in the order of the names.
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

  /// Why what stands at a participant's path cannot be read as its file. A symbolic link is refused: writing back would replace it,
  /// and where two names lead to one token, two runs would use it up.
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
        hint: "take it out of the folder, or give it another ending")
    }
    guard status.sizeBytes <= ParticipantFile.sizeLimitBytes else {
      return Diagnostic(
        .participantFile, file: file, found: "the file has \(status.sizeBytes) bytes", expected: "at most \(ParticipantFile.sizeLimitBytes)",
        hint: "restore it from a backup")
    }
    return nil
  }

  /// Reads and checks a participant's file, in clear or encrypted. Throws `Diagnostics` for what a person must mend.
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

  /// The file's bytes as they go to the disk.
  private func bytes(of file: ParticipantFile) throws -> [UInt8] {
    guard file.isEncrypted else { return file.bytes }
    guard let key = try keyring.key() else {
      throw StopRun(.misconfigured, .badParticipantFile, "a participant file is to be encrypted and there is no key")
    }
    return try ParticipantEnvelope.seal(file.bytes, participant: file.participant, key: key, random: random).prettyBytes
  }

  /// Writes a file, atomically and durably, over the one that `file` was read from or written as. What a person changed in it meanwhile
  /// stays. Returns what stands there now.
  /// - Parameter overUnreadable: also over a file that cannot be opened (another owner, a bad sector): the rename does not need to read it.
  ///   Otherwise that throws `FileSystemError`.
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
      // The file is gone, or was changed into none that can be read. The tokens that only we know go first: ours is written.
      try keepDamaged(file.participant, problems, isVital: !overUnreadable)
    } catch let error as FileSystemError where overUnreadable {
      giveUp(file.participant, error)
    }
    return try write(next)
  }

  /// Keeps what a person has made of a file, where it cannot be read, beside it: ours is about to take its place.
  private func keepDamaged(_ participant: String, _ problems: Diagnostics, isVital: Bool) throws {
    do {
      try keepDamaged(participant, problems)
    } catch let error as FileSystemError where !isVital {
      giveUp(participant, error)
    }
  }

  /// What cannot be read cannot be kept beside either, and is not moved away first: where ours cannot be written, it has to stay.
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

  /// Those of the files that others than their owner can open. A file that is written back is 0600.
  func openToOthers(_ participants: [String]) throws -> [String] {
    try participants.map(path(of:)).filter { (try fileSystem.status($0)?.mode ?? 0) & 0o077 != 0 }
  }

  /// Says it once for the whole batch.
  func warnOfOpenFiles(_ participants: [String]) throws {
    let files = try openToOthers(participants)
    guard let first = files.first else { return }
    log(
      "warning: participant files hold tokens, and others than their owner can open them",
      ["files": "\(files.count)", "first": first, "next": "chmod 600 \(path)/*.json"])
  }

  /// Writes a file, atomically and durably, over whatever stands there. Returns what stands there now.
  func write(_ file: ParticipantFile) throws -> ParticipantFile {
    let target = path(of: file.participant)
    var written = try ParticipantFile(document: file.updatedDocument, participant: file.participant, path: target)
    written.isEncrypted = file.isEncrypted
    try fileSystem.replaceDurably(
      target, with: try bytes(of: written), temporary: path + "/" + ParticipantName.temporaryName(file.participant))
    return written
  }

  /// Removes what a crash left of a write.
  func removeTemporary(of participant: String) throws {
    let temporary = path + "/" + ParticipantName.temporaryName(participant)
    if try fileSystem.status(temporary) != nil { try fileSystem.removeFile(temporary) }
  }

  // MARK: Locks

  var lockPath: String { path + "/.lock" }

  func openLockFile() throws -> Int32 { try fileSystem.open(lockPath, .readWrite(mode: 0o600)) }

  /// Those of the participants whose lock somebody else has at this moment. Takes none.
  func locked(among participants: [String]) throws -> Set<String> {
    guard try fileSystem.status(lockPath) != nil else { return [] }
    let descriptor = try fileSystem.open(lockPath, .read)
    defer { fileSystem.close(descriptor) }
    return Set(
      try participants.filter {
        try fileSystem.isLocked(descriptor, offset: Self.lockOffset(of: $0), length: 1, path: lockPath)
      })
  }

  /// The byte of the lock file that stands for a participant: 62 bits of SHA-256, so that two names share one only in theory.
  static func lockOffset(of participant: String) -> Int64 {
    let first = SHA256.hash(data: Array(participant.utf8)).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int64(first >> 2)
  }
}
