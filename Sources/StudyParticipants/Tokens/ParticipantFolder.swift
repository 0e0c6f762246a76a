import FlowCore
import FlowCrypto
import StudyModel

/// File operations on a folder of participant files. All of them block: call them only on the lane of a
/// `ParticipantStore`.
struct ParticipantFolder: Sendable {
  private let isSimulated: Bool
  let path: String
  let fileSystem: any FileSystem
  let keyring: ParticipantKeyring
  private let random: any RandomSource
  private let rooms: Locked<Rooms>

  /// The files with room for tokens.
  private struct Rooms {
    /// In the names of this store's: the run's id, or a random word for a command, once there is one.
    var tag: String
    /// Those that were there before, by participant; nil until they are looked for.
    var left: [String: [String]]?
  }

  let log: @Sendable (_ message: String, _ metadata: [String: String]) -> Void

  /// The meaning of a file name in the folder.
  enum Entry: Equatable {
    case participant(String)
    case problem(String, Diagnostic)
    case other
  }

  /// - Parameter isSimulated: whether the simulator makes the folder.
  init(path: String, isSimulated: Bool = false, environment: RuntimeEnvironment) {
    self.isSimulated = isSimulated
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    fileSystem = environment.fileSystem
    keyring = ParticipantKeyring(environment)
    random = environment.random
    log = environment.log
    rooms = Locked(Rooms(tag: environment.run))
  }

  func path(of participant: String) -> String { path + "/" + ParticipantName.fileName(participant) }

  /// Throws `StopRun` if the folder does not exist.
  func checkExists() throws {
    let status = try fileSystem.status(path)
    guard status?.isFolder == true else {
      let remedy =
        isSimulated && status == nil
        ? "expected the simulator's participants, which the first run makes; run the flow first"
        : "expected a folder with one ID.json per participant; make it, or name another one with the parameter participants"
      throw StopRun(
        .misconfigured, .badParticipantFile, "the participants folder '\(path)' \(status == nil ? "does not exist" : "is not a folder"); \(remedy)")
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
  func fileProblem(of participant: String) throws -> Diagnostic? {
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
    try parse(try bytes(of: participant), participant)
  }

  /// Throws `Diagnostics` for what cannot be a participant file.
  private func bytes(of participant: String) throws -> [UInt8] {
    if let problem = try fileProblem(of: participant) { throw Diagnostics([problem]) }
    return try fileSystem.read(path(of: participant), limitBytes: ParticipantFile.sizeLimitBytes)
  }

  private func parse(_ bytes: [UInt8], _ participant: String) throws -> ParticipantFile {
    let file = path(of: participant)
    let document = try ParticipantFile.tree(parsing: bytes, path: file)
    guard let envelope = ParticipantEnvelope(document) else {
      var read = try ParticipantFile(document: document, participant: participant, path: file)
      read.stored = bytes
      return read
    }
    var read = try ParticipantFile(parsing: try opened(envelope, participant, file), participant: participant, path: file)
    read.isEncrypted = true
    read.stored = bytes
    return read
  }

  /// Whether nobody has changed the file since it was read or written. Throws `FileSystemError`.
  func isUnchanged(_ file: ParticipantFile) throws -> Bool {
    try fileProblem(of: file.participant) == nil
      && fileSystem.read(path(of: file.participant), limitBytes: ParticipantFile.sizeLimitBytes) == file.stored
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

  /// A file to be replaced.
  struct Replacement {
    var file: ParticipantFile
    /// Also replace a file that cannot be read (other owner, bad sector), since the rename does not need to read it.
    /// Otherwise that fails with `FileSystemError`.
    var isOverUnreadable = false
    /// Gives room from `reserveRoom`, if there is some, once all is ready to be written; it is closed with the replacement, also a failed one.
    var room: () -> Room? = { nil }
  }

  /// An open file with room for the next replacement.
  struct Room {
    var descriptor: Int32
    var path: String
  }

  /// What a participant file grows by at most with an answer's tokens.
  private static let longestTokensBytes: Int64 = 8 << 10

  /// Makes room for the next replacement of the file, in a file of its own: a disk that fills up in between cannot prevent it. The room is the
  /// caller's to close. Throws `FileSystemError` if there is none.
  func reserveRoom(for file: ParticipantFile) throws -> Room {
    let path = path + "/" + ParticipantName.roomName(file.participant, tag: tag())
    let bytes = try bytes(of: file)
    let descriptor = try fileSystem.open(path, .replace(mode: 0o600))
    do {
      try fileSystem.reserve(Int64(bytes.count) + Self.longestTokensBytes, in: descriptor, path: path)
    } catch {
      fileSystem.close(descriptor)
      throw error
    }
    return Room(descriptor: descriptor, path: path)
  }

  private func tag() -> String {
    rooms.withLock { rooms in
      if rooms.tag.isEmpty { rooms.tag = String(FlowFileID(random).text.prefix(8)) }
      return rooms.tag
    }
  }

  /// Gives room back that no replacement has used. A file that is left is removed when a later process takes the participant up.
  func giveBack(_ room: Room) {
    fileSystem.close(room.descriptor)
    do {
      if try fileSystem.status(room.path) != nil { try fileSystem.removeFile(room.path) }
    } catch {
      log("a participant's temporary file cannot be removed; the next run removes it", ["problem": "\(error)"])
    }
  }

  /// Replaces files of different participants, each atomically, all durably: their data first, then the names with one
  /// fsync of the folder. Changes that a person made since a file was read are merged. Returns each file's new content,
  /// or why it was not replaced; a failed fsync of the folder leaves the old or the new file.
  func replace(_ replacements: [Replacement]) -> [Result<ParticipantFile, any Error>] {
    let group = replacements.map { replacement in Result { try begin(replacement) } }
    let renamed = group.map { begun in begun.flatMap { begun in Result { try finish(begun) } } }
    guard renamed.contains(where: { if case .success = $0 { true } else { false } }) else { return renamed }
    let names = Result { try fileSystem.synchronizeFolder(path) }
    return renamed.map { file in file.flatMap { file in names.map { file } } }
  }

  /// A new file that is written under its temporary name.
  private struct Begun {
    var file: ParticipantFile
    var descriptor: Int32
    /// The temporary name.
    var path: String
  }

  private func begin(_ replacement: Replacement) throws -> Begun {
    let file = try merged(replacement.file, isOverUnreadable: replacement.isOverUnreadable)
    var next = try ParticipantFile(document: file.updatedDocument, participant: file.participant, path: path(of: file.participant))
    next.isEncrypted = file.isEncrypted
    let bytes = try self.bytes(of: next)
    next.stored = bytes
    // Not before: what fails until here must not cost the room, which the next attempt needs.
    let room = replacement.room()
    let temporary = room?.path ?? temporaryPath(of: next.participant)
    let descriptor = try room?.descriptor ?? fileSystem.open(temporary, .replace(mode: 0o600))
    do {
      try fileSystem.write(bytes, to: descriptor, path: temporary)
    } catch {
      fileSystem.close(descriptor)
      throw error
    }
    return Begun(file: next, descriptor: descriptor, path: temporary)
  }

  private func finish(_ begun: Begun) throws -> ParticipantFile {
    do {
      defer { fileSystem.close(begun.descriptor) }
      try fileSystem.synchronize(begun.descriptor, path: begun.path)
    }
    // After fsync only: after a power cut the name must not lead to incomplete data.
    try fileSystem.rename(begun.path, to: path(of: begun.file.participant))
    return begun.file
  }

  /// The file with the changes that a person has made since it was read.
  private func merged(_ file: ParticipantFile, isOverUnreadable: Bool) throws -> ParticipantFile {
    var next = file
    do {
      let bytes = try bytes(of: file.participant)
      if bytes == file.stored { return file }
      let current = try parse(bytes, file.participant)
      if current.document != file.document {
        let merged = ParticipantFile.merge(base: file.document, ours: file.updatedDocument, theirs: current.document)
        next = try ParticipantFile(document: merged, participant: file.participant, path: path(of: file.participant))
      }
      next.isEncrypted = file.isEncrypted || current.isEncrypted
    } catch let problems as Diagnostics {
      // The file is missing or no longer valid. Only we know the current tokens, so ours is written.
      try keepDamaged(file.participant, problems, isVital: !isOverUnreadable)
    } catch let error as FileSystemError where isOverUnreadable {
      giveUp(file.participant, error)
    }
    return next
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
      temporary: temporaryPath(of: participant))
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
    let bytes = try bytes(of: written)
    try fileSystem.replaceDurably(target, with: bytes, temporary: temporaryPath(of: file.participant))
    written.stored = bytes
    return written
  }

  func temporaryPath(of participant: String) -> String { path + "/" + ParticipantName.temporaryName(participant) }

  /// Removes the temporary file of an interrupted write, and the room that processes before this one have left. The participant must be locked.
  func removeTemporary(of participant: String) throws {
    let temporary = temporaryPath(of: participant)
    if try fileSystem.status(temporary) != nil { try fileSystem.removeFile(temporary) }
    for room in try leftRooms(of: participant) where try fileSystem.status(room) != nil { try fileSystem.removeFile(room) }
  }

  /// Each is given once. The folder is listed once, before this store has made room itself.
  private func leftRooms(of participant: String) throws -> [String] {
    if rooms.withLock({ $0.left == nil }) {
      let found = try fileSystem.names(in: path).compactMap { name in ParticipantName.participant(ofRoom: name).map { ($0, "\(path)/\(name)") } }
      rooms.withLock { $0.left = $0.left ?? Dictionary(grouping: found, by: \.0).mapValues { $0.map(\.1) } }
    }
    return rooms.withLock { $0.left?.removeValue(forKey: participant) ?? [] }
  }

  // MARK: Locks

  var lockPath: String { path + "/.lock" }

  func openLockFile() throws -> Int32 { try fileSystem.open(lockPath, .readWrite(mode: 0o600)) }

  /// The folder's id, which says that it is the same one on every host that mounts it; made when it is first asked for. nil
  /// while another process makes it.
  func batchID() throws -> String? {
    let file = path + "/.batch"
    func known() throws -> String? {
      try fileSystem.status(file) == nil ? nil : String(decoding: try fileSystem.read(file, limitBytes: 1024), as: UTF8.self)
    }
    if let id = try known() { return id }
    let descriptor = try openLockFile()
    defer { fileSystem.close(descriptor) }
    guard try fileSystem.lock(descriptor, offset: Self.batchOffset, length: 1, path: lockPath) else { return nil }
    if let id = try known() { return id }
    let id = FlowFileID(random).text
    try fileSystem.replaceDurably(file, with: Array(id.utf8), temporary: file + ".tmp")
    return id
  }

  /// Beyond the bytes of participants.
  private static let batchOffset: Int64 = 1 << 62

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
