import FlowCore
import StudyModel

/// Changes to participant files by commands outside a run. Each is made under the participant's lock, atomically and
/// durably.
extension ParticipantStore {
  /// The result of a change.
  package enum Upkeep<Value: Sendable>: Sendable {
    case done(Value)
    case heldByAnotherRun
  }

  /// Changes a participant's current file, whether or not a run would collect the participant, and writes it if it
  /// differs. `change` runs on the folder's lane. Throws `ProcessorError` for an unreadable file, and `StopRun`.
  package func change<Value: Sendable>(
    _ participant: String, _ change: @escaping @Sendable (inout ParticipantFile) throws -> Value
  ) async throws -> Upkeep<Value> {
    try await underLock(participant) { folder in
      var file: ParticipantFile
      let hasIntentFile: Bool
      do {
        file = try folder.read(participant)
        hasIntentFile = try folder.addIntent(to: &file)
      } catch let problems as Diagnostics {
        throw ProcessorError(.badParticipantFile, problems.description)
      }
      let before = file
      let value = try change(&file)
      guard file != before else { return value }
      _ = try folder.write(file)
      if hasIntentFile { _ = folder.removeIntent(of: participant) }
      return value
    }
  }

  /// Lets the next run try a refused token once more, for this store's asker. nil if another run holds the participant.
  /// Throws `ProcessorError` for an unreadable file, and `StopRun`.
  package func retryToken(of participant: String) async throws -> TokenRetry? {
    let asker = asker ?? TokenAsker(endpoint: "", client: "")
    let now = time.now
    let result = try await change(participant) { file -> TokenRetry in
      if file.token.isAbsent { return .noToken }
      return file.token.forgetRefusal(to: asker, at: now) ? .retried : .notRefused
    }
    guard case .done(let retry) = result else { return nil }
    return retry
  }

  package enum TokenRetry: Sendable {
    case retried, notRefused
    /// There is no token to try.
    case noToken
  }

  /// Creates a participant's file, encrypted if a key is given; false if one exists already, which is left unchanged.
  package func create(_ file: ParticipantFile) async throws -> Upkeep<Bool> {
    try await underLock(file.participant) { folder in
      let path = folder.path(of: file.participant)
      guard try folder.fileSystem.status(path) == nil, try !folder.fileSystem.isSymbolicLink(path) else { return false }
      var file = file
      file.isEncrypted = try folder.keyring.key() != nil
      _ = try folder.write(file)
      return true
    }
  }

  /// The participant's current file; nil if there is none. Throws `Diagnostics` for an unreadable file, and `StopRun`.
  package func file(of participant: String) async throws -> ParticipantFile? {
    let folder = folder
    return try await onDisk { try folder.fileSystem.status(folder.path(of: participant)) == nil ? nil : try folder.read(participant) }
  }

  /// Restores a reserved participant's file; nil removes it.
  package func restore(_ participant: String, _ before: ParticipantFile?) async throws {
    let folder = folder
    try await onDisk {
      guard let before else { return try folder.fileSystem.removeFile(folder.path(of: participant)) }
      _ = try folder.write(before)
    }
  }

  /// Removes the copy of a damaged file that a run kept. Returns whether there was one.
  package func removeDamagedCopy(of participant: String) async throws -> Bool {
    let folder = folder
    return try await onDisk {
      let kept = folder.path + "/" + ParticipantName.damagedName(participant)
      guard try folder.fileSystem.status(kept) != nil else { return false }
      try folder.fileSystem.removeFile(kept)
      return true
    }
  }

  /// Locks the participant against other runs, on other hosts too if the store leases participants, until
  /// `endReservation` or the end of the process; false if another run or command has it. Throws `ProcessorError` for a
  /// participant of another batch.
  package func reserve(_ participant: String) async throws -> Bool {
    try await lockAndLease(participant) == .taken
  }
  package func endReservation(_ participant: String) async throws { try await unlockAndGiveBack(participant) }

  /// Throws `Diagnostics` if any file of the batch is encrypted with another key.
  package func checkKey() async throws {
    let folder = folder
    try await onDisk {
      _ = try folder.keyring.key()
      var opening = BatchOpening(folder)
      for listing in try folder.list() where listing.problem == nil { _ = try opening.open(listing.name) }
      if let problem = opening.locked.first { throw Diagnostics([problem]) }
    }
  }

  /// Throws `Diagnostics` if no encryption key is given.
  package func requireKey() async throws {
    let folder = folder
    try await onDisk {
      guard try folder.keyring.key() == nil else { return }
      throw Diagnostics([
        Diagnostic(
          .participantKey, subject: "environment", found: "no key is given",
          expected: "\(ParticipantKeyring.keyVariable), or \(ParticipantKeyring.fileVariable) with the path of a file: \(ParticipantKey.expected)")
      ])
    }
  }

  /// Creates the batch folder and its parents if missing.
  package func makeFolder() async throws {
    let folder = folder
    try await onDisk { try folder.fileSystem.makeFolder(folder.path) }
  }

  private func underLock<Value: Sendable>(
    _ participant: String, _ body: @escaping @Sendable (ParticipantFolder) throws -> Value
  ) async throws -> Upkeep<Value> {
    guard leases != nil else {
      return try await onDisk { [self] in
        guard held(participant) == nil, try lock(participant) else { return .heldByAnotherRun }
        return try withClosing {
          .done(try changeLocked(participant, body))
        } close: {
          try unlock(participant)
        }
      }
    }
    guard held(participant) == nil, try await lockAndLease(participant) == .taken else { return .heldByAnotherRun }
    return try await withClosing {
      .done(try await onDisk { [self] in try changeLocked(participant, body) })
    } close: {
      try await unlockAndGiveBack(participant)
    }
  }

  private func changeLocked<Value>(_ participant: String, _ body: (ParticipantFolder) throws -> Value) throws -> Value {
    try folder.removeTemporary(of: participant)
    return try body(folder)
  }
}

/// Opens the files of a batch in turn, to distinguish a wrong or missing key from single foreign files.
struct BatchOpening {
  /// Files encrypted with another key.
  private(set) var locked: [Diagnostic] = []
  private var opensSome = false
  private let folder: ParticipantFolder

  init(_ folder: ParticipantFolder) { self.folder = folder }

  mutating func open(_ participant: String) throws -> Result<ParticipantFile, Diagnostics> {
    do {
      let file = try folder.read(participant)
      opensSome = opensSome || file.isEncrypted
      return .success(file)
    } catch let problems as Diagnostics {
      // A malformed key concerns no single file and is reported by itself.
      locked += problems.all.filter { $0.code == .participantKey && $0.file != nil }
      return .failure(problems)
    }
  }

  /// A file that is known from before could be opened.
  mutating func hasOpened() { opensSome = true }

  /// Throws if encrypted files exist and none could be opened.
  func checkKey() throws {
    guard var problem = locked.first, !opensSome else { return }
    if locked.count > 1 { problem.found += " (and \(locked.count - 1) more in the folder)" }
    throw Diagnostics([problem])
  }
}
