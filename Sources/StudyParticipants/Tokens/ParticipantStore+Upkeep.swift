import FlowCore
import StudyModel

/// What commands do to participant files beside a run: each change under the participant's lock, whole and durable.
extension ParticipantStore {
  /// What came of a change.
  package enum Upkeep<Value: Sendable>: Sendable {
    case done(Value)
    case heldByAnotherRun
  }

  /// How every participant's token stands, read from the files as they are, without taking locks and without asking anybody.
  /// Throws `Diagnostics` where the batch lies encrypted and no key opens any of it.
  package func statuses() async throws -> [ParticipantStatus] {
    let folder = folder, asker = asker
    return try await onDisk {
      try folder.checkExists()
      _ = try folder.keyring.key()
      let listed = try folder.list()
      let held = try folder.locked(among: listed.filter { $0.problem == nil }.map(\.name))
      var opening = BatchOpening(folder)
      let statuses = try listed.map { listing in
        if let problem = listing.problem { return ParticipantStatus(participant: listing.name, problem: problem) }
        var status =
          switch try opening.open(listing.name) {
          case .success(let file): ParticipantStatus(file, asker: asker)
          case .failure(let problems): ParticipantStatus(participant: listing.name, problem: problems.description)
          }
        status.isHeld = held.contains(listing.name)
        return status
      }
      try opening.checkKey()
      return statuses
    }
  }

  /// Changes a participant's file as it stands now, whether or not a run would collect the participant, and writes it if it is another
  /// afterwards. `change` runs on the lane of the folder. Throws `ProcessorError` for a file that cannot be read, `StopRun`.
  package func change<Value: Sendable>(
    _ participant: String, _ change: @escaping @Sendable (inout ParticipantFile) throws -> Value
  ) async throws -> Upkeep<Value> {
    try await underLock(participant) { folder in
      var file: ParticipantFile
      do {
        file = try folder.read(participant)
      } catch let problems as Diagnostics {
        throw ProcessorError(.badParticipantFile, problems.description)
      }
      let before = file
      let value = try change(&file)
      if file != before { _ = try folder.write(file) }
      return value
    }
  }

  /// Has the next run ask a refused token once more, for this store's asker. nil: another run holds the participant.
  /// Throws `ProcessorError` for a file that cannot be read, `StopRun`.
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
    /// There is nothing to ask with.
    case noToken
  }

  /// Writes the first file of a participant; false if there is one already, which is left as it is. Encrypted where there is a key.
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

  /// The participant's file as it stands; nil: there is none. Throws `Diagnostics` for one that cannot be read, `StopRun`.
  package func file(of participant: String) async throws -> ParticipantFile? {
    let folder = folder
    return try await onDisk { try folder.fileSystem.status(folder.path(of: participant)) == nil ? nil : try folder.read(participant) }
  }

  /// Puts a reserved participant's file back to what it was; nil: there was none.
  package func restore(_ participant: String, _ before: ParticipantFile?) async throws {
    let folder = folder
    try await onDisk {
      guard let before else { return try folder.fileSystem.removeFile(folder.path(of: participant)) }
      _ = try folder.write(before)
    }
  }

  /// Removes what a run kept beside a participant's file that a person had damaged. Returns whether there was any.
  package func removeDamagedCopy(of participant: String) async throws -> Bool {
    let folder = folder
    return try await onDisk {
      let kept = folder.path + "/" + ParticipantName.damagedName(participant)
      guard try folder.fileSystem.status(kept) != nil else { return false }
      try folder.fileSystem.removeFile(kept)
      return true
    }
  }

  /// Keeps other runs from the participant until `endReservation`, or the end of the process; false: another has it.
  package func reserve(_ participant: String) async throws -> Bool {
    try await onDisk { [self] in try lock(participant) }
  }
  package func endReservation(_ participant: String) async throws {
    try await onDisk { [self] in try unlock(participant) }
  }

  /// Throws `Diagnostics` where any file of the batch lies encrypted under a key that is not the one given.
  package func checkKey() async throws {
    let folder = folder
    try await onDisk {
      _ = try folder.keyring.key()
      var opening = BatchOpening(folder)
      for listing in try folder.list() where listing.problem == nil { _ = try opening.open(listing.name) }
      if let problem = opening.locked.first { throw Diagnostics([problem]) }
    }
  }

  /// The key under which files are encrypted. Throws `Diagnostics` where there is none.
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

  /// Makes the batch folder with its parents where it is absent.
  package func makeFolder() async throws {
    let folder = folder
    try await onDisk { try folder.fileSystem.makeFolder(folder.path) }
  }

  private func underLock<Value: Sendable>(
    _ participant: String, _ body: @escaping @Sendable (ParticipantFolder) throws -> Value
  ) async throws -> Upkeep<Value> {
    try await onDisk { [self] in
      guard held(participant) == nil, try lock(participant) else { return .heldByAnotherRun }
      return try withClosing {
        try folder.removeTemporary(of: participant)
        return .done(try body(folder))
      } close: {
        try unlock(participant)
      }
    }
  }
}

/// Opens the files of a batch one after the other, and tells a key that is missing or wrong for all of them from single strange files.
struct BatchOpening {
  /// Files whose key is not the one given.
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
      // A key that is none is in no file: it is told by itself.
      locked += problems.all.filter { $0.code == .participantKey && $0.file != nil }
      return .failure(problems)
    }
  }

  /// Throws where files lie encrypted and none of them opened.
  func checkKey() throws {
    guard var problem = locked.first, !opensSome else { return }
    if locked.count > 1 { problem.found += " (and \(locked.count - 1) more in the folder)" }
    throw Diagnostics([problem])
  }
}
