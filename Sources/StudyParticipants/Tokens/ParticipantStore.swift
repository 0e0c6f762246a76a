import FlowCore
import StudyModel

/// The participant files of a batch folder: locked, cached in memory while they are held, and written durably.
///
/// All disk access runs on one lane. A participant is never held by two processes, or by two stores of one process.
package final class ParticipantStore: Sendable {
  private struct State {
    var held: [String: HeldParticipant] = [:]
    var leases = LeaseCount()
    var lockDescriptor: Int32?
    /// Number of held participants for each locked byte of the lock file.
    var lockedOffsets: [Int64: Int] = [:]
    /// The accounts of the batch's participants, as far as `checkBatch` and this run know them.
    var accounts = AccountRegister()
    var writes = WriteQueue()
  }

  /// The participant files that a provider may use.
  package struct Filter: Sendable, Equatable {
    /// Only simulated participants, or only real ones.
    package var isSimulated: Bool
    /// `fitbit` or `google`: files with another `oauth_type` are skipped.
    package var oauthType: String
    package init(isSimulated: Bool, oauthType: String) {
      self.isSimulated = isSimulated
      self.oauthType = oauthType
    }
  }

  package let filter: Filter
  /// The application and endpoint that use the tokens; nil counts every refusal.
  package let asker: TokenAsker?
  let folder: ParticipantFolder
  let lane: any Lane
  let time: any TimeSource
  private let state = Locked(State())
  /// Whether an intent of this process was durable: the disk takes what is written.
  let hasJournalled = Locked(false)
  /// Takes participants of a store with leases, one attempt for each at a time.
  private let takings: SingleFlight<LeaseOutcome>

  package init(path: String, filter: Filter, asker: TokenAsker? = nil, environment: RuntimeEnvironment) {
    self.filter = filter
    self.asker = asker
    folder = ParticipantFolder(path: path, isSimulated: filter.isSimulated, environment: environment)
    lane = environment.lane("participants \(path)")
    time = environment.time
    takings = SingleFlight(time: environment.time, executor: environment.executor)
  }

  package var path: String { folder.path }
  package func path(of participant: String) -> String { folder.path(of: participant) }

  // MARK: The batch

  /// Throws `StopRun` if the folder does not exist, and `Diagnostics` if it mixes simulated and real participants or is
  /// encrypted and the key opens none of its files. Single unreadable files are reported by `lease`.
  package func checkBatch() async throws {
    let folder = folder, filter = filter
    let accounts = try await onDisk {
      try folder.checkExists()
      _ = try folder.keyring.key()
      var strangers: [String] = []
      var clear: [String] = []
      var accounts = AccountRegister()
      var opening = BatchOpening(folder)
      for listing in try folder.list() where listing.problem == nil {
        guard case .success(let file) = try opening.open(listing.name) else { continue }
        if !filter.admits(file.provider) { strangers.append(listing.name) }
        if !file.isEncrypted { clear.append(listing.name) }
        accounts.note(file, for: filter)
      }
      if !strangers.isEmpty { throw Diagnostics([filter.mixedBatchProblem(strangers, in: folder)]) }
      try opening.checkKey()
      try folder.warnOfOpenFiles(clear)
      return accounts
    }
    state.withLock { $0.accounts = accounts }
  }

  /// Sorted by file name; an invalid name comes with its problem.
  package func list() async throws -> [ParticipantListing] {
    let folder = folder
    return try await onDisk {
      try folder.checkExists()
      return try folder.list()
    }
  }

  // MARK: Holding

  /// Locks the participant and reads the file; a participant already held is returned unchanged. With leases, the lease
  /// is taken in between: the file is never read before. Throws `ProcessorError` (`bad_participant_file`, `disk`), and then
  /// holds nothing.
  package func lease(_ participant: String) async throws -> LeaseOutcome {
    guard ParticipantName.isValid(participant) else {
      throw ProcessorError(
        .badParticipantFile,
        "\(ParticipantName.quoted(participant)) cannot be a participant's name; expected \(ParticipantName.expected)")
    }
    guard leases == nil else {
      return try await takings.run(participant) { [self] _ in try await leaseAmongHosts(participant) }.value
    }
    return try await onDisk { [self] in
      if let snapshot = held(participant)?.snapshot { return .leased(snapshot) }
      return try lock(participant) ? try readLocked(participant) : .heldByAnotherRun
    }
  }

  /// Unlocks the participant unless it is held then.
  private func readLocked(_ participant: String) throws -> LeaseOutcome {
    do {
      return try withClosing {
        try leaseLocked(participant)
      } close: {
        // Skipped or failed: only a held participant keeps its lock.
        if held(participant) == nil { try unlock(participant) }
      }
    } catch {
      throw Self.participantError(error)
    }
  }

  private func leaseAmongHosts(_ participant: String) async throws -> LeaseOutcome {
    if let snapshot = held(participant)?.snapshot { return .leased(snapshot) }
    switch try await lockAndLease(participant) {
    case .heldByAnotherRun: return .heldByAnotherRun
    case .leasedElsewhere(let holder, let until): return .leasedElsewhere(holder: holder, until: until)
    case .taken: break
    }
    return try await withClosing {
      try await onDisk { [self] in try readLocked(participant) }
    } close: {
      if held(participant) == nil { await giveBackLease(of: participant) }
    }
  }

  /// Reads the file of a locked participant, and holds the participant unless it is skipped.
  private func leaseLocked(_ participant: String) throws -> LeaseOutcome {
    try folder.removeTemporary(of: participant)
    var file = try folder.read(participant)
    let hasIntentFile = try folder.addIntent(to: &file)
    file.token.forgetAnswer(ofOtherThan: filter.oauthType)
    if let reason = try filter.reasonToSkip(file, path: folder.path(of: participant)) { return .skipped(reason: reason) }
    if let refusal = refusal(of: file) { throw refusal }
    let held = HeldParticipant(file: file, hasIntentFile: hasIntentFile)
    state.withLock { $0.held[participant] = held }
    // Void: of another token, or answered.
    if hasIntentFile, file.token.asked == nil { removeIntent(of: participant) }
    return .leased(held.snapshot)
  }

  /// The held participant, leased first if necessary. Throws `ProcessorError` if the lease fails or was lost.
  func require(_ participant: String) async throws -> HeldParticipant {
    if let held = held(participant) {
      if held.isLeaseLost { throw ProcessorError.heldElsewhere(participant, isLost: true) }
      return held
    }
    switch try await lease(participant) {
    case .heldByAnotherRun: throw ProcessorError.heldElsewhere(participant)
    case .leasedElsewhere(let holder, _): throw ProcessorError.heldElsewhere(participant, by: holder)
    case .skipped(let reason): throw ProcessorError(.badParticipantFile, "participant \(participant) is not collected: \(reason)")
    case .leased: return held(participant) ?? preconditionHeld(participant)
    }
  }

  private func preconditionHeld(_ participant: String) -> HeldParticipant {
    preconditionFailure("participant \(participant) was released while it was in use")
  }

  /// nil unless this store holds the participant.
  func held(_ participant: String) -> HeldParticipant? { state.withLock { $0.held[participant] } }

  /// Forgets a participant that was held, and its lock.
  func letGo(_ participant: String) throws {
    let room = state.withLock { $0.held.removeValue(forKey: participant)?.room }
    if let room { folder.giveBack(room) }
    try unlock(participant)
  }

  func withLeases<Result>(_ body: (inout LeaseCount) -> Result) -> Result { state.withLock { body(&$0.leases) } }

  func withWrites<Result>(_ body: (inout WriteQueue) -> Result) -> Result { state.withLock { body(&$0.writes) } }

  var heldParticipants: Set<String> { state.withLock { Set($0.held.keys) } }

  /// Changes a held participant in memory only; the change is written with the next write, at the latest on release.
  func note(_ participant: String, _ change: (inout HeldParticipant) -> Void) {
    state.withLock { state in
      guard var held = state.held[participant] else { return }
      change(&held)
      state.held[participant] = held
    }
  }

  /// Releases all held participants and closes the lock file. Tries every participant; throws the first error.
  package func close() async throws {
    var failure: (any Error)?
    for participant in state.withLock({ $0.held.keys.sorted() }) {
      do {
        try await release(participant, previousSync: nil)
      } catch {
        failure = failure ?? error
      }
    }
    await giveBackLeases()
    try await lane.run { [self] in
      if let descriptor = state.withLock({ state in
        defer { state.lockDescriptor = nil }
        return state.lockDescriptor
      }) {
        folder.fileSystem.close(descriptor)
      }
    }
    if let failure { throw failure }
  }

  // MARK: Who is refused

  /// Why a run refuses a participant whose file can be read; nil if it does not. A pure judgement of the batch that `checkBatch` has read last: plans and
  /// checks say by it what a run will do.
  func refusal(of file: ParticipantFile) -> ProcessorError? {
    if let problem = folder.enrolmentProblem(of: file, now: time.now, filter) { return ProcessorError(.badParticipantFile, problem.description) }
    return state.withLock { $0.accounts.shareError(of: file.participant) }
  }

  // MARK: Accounts

  /// Records the participant's account. Returns an error if another participant of the batch has it.
  func shareError(of participant: String, account: String) -> ProcessorError? {
    state.withLock { state in
      state.accounts.note(.account(account), of: participant)
      return state.accounts.shareError(of: participant)
    }
  }

  /// The other participants with the account, according to the current files of the batch.
  package func holders(of account: String, otherThan participant: String) async throws -> [String] {
    try await checkBatch()
    return state.withLock { $0.accounts.others(with: .account(account), than: participant) }
  }

  // MARK: Locks, on the lane only

  func lock(_ participant: String) throws -> Bool {
    let descriptor: Int32
    if let open = state.withLock({ $0.lockDescriptor }) {
      descriptor = open
    } else {
      descriptor = try folder.openLockFile()
      state.withLock { $0.lockDescriptor = descriptor }
    }
    let offset = ParticipantFolder.lockOffset(of: participant)
    guard try folder.fileSystem.lock(descriptor, offset: offset, length: 1, path: folder.lockPath) else { return false }
    // Two participants can share an offset, and locks through one descriptor do not exclude each other: the count keeps
    // the byte locked until the last of them is released.
    state.withLock { $0.lockedOffsets[offset, default: 0] += 1 }
    return true
  }

  func unlock(_ participant: String) throws {
    let offset = ParticipantFolder.lockOffset(of: participant)
    let (descriptor, isLast) = state.withLock { state in
      let count = (state.lockedOffsets[offset] ?? 0) - 1
      state.lockedOffsets[offset] = count > 0 ? count : nil
      return (state.lockDescriptor, count <= 0)
    }
    guard let descriptor, isLast else { return }
    try folder.fileSystem.unlock(descriptor, offset: offset, length: 1, path: folder.lockPath)
  }

  // MARK: Errors

  /// Runs on the lane. A failed operation on the folder stops the run, because it affects every participant.
  func onDisk<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    do {
      return try await lane.run(body)
    } catch let error as FileSystemError {
      throw StopRun(.failed, .disk, "\(error)")
    }
  }

  /// The error to report for one participant's file.
  private static func participantError(_ error: any Error) -> any Error {
    switch error {
    case let problems as Diagnostics: ProcessorError(.badParticipantFile, problems.description)
    case let error as FileSystemError: ProcessorError(.disk, "\(error)")
    default: error
    }
  }
}
