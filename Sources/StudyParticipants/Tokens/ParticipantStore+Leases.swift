import FlowCore
import StudyModel

/// Leases of participants among the hosts that share a store, on top of the locks of the batch folder.
extension ParticipantStore {
  /// The leases of the store that the participants' data go to; nil if the locks of the folder suffice. Set before a
  /// participant is taken.
  package var leases: (any ParticipantLeases)? {
    get { withLeases { $0.source } }
    set { withLeases { $0.source = newValue } }
  }

  /// The id of the batch folder, wherever it is mounted. Makes it if there is none.
  package func batchID() async throws -> String {
    let folder = folder
    while true {
      if let id = try await onDisk({ try folder.batchID() }) { return id }
      await time.sleep(for: .milliseconds(20))
    }
  }

  enum Taking: Sendable, Equatable {
    case taken
    /// By the locks of the folder.
    case heldByAnotherRun
    case leasedElsewhere(holder: String, until: Instant)
  }

  /// Locks the participant, then takes the lease. Throws `ProcessorError` for a participant of another batch, and errors
  /// of the store; unless it is taken, nothing is kept.
  func lockAndLease(_ participant: String) async throws -> Taking {
    guard try await onDisk({ [self] in try lock(participant) }) else { return .heldByAnotherRun }
    let answer: LeaseAnswer
    do {
      answer = try await takeLease(of: participant)
    } catch {
      try await onDisk { [self] in try unlock(participant) }
      throw error
    }
    guard answer != .acquired else { return .taken }
    try await onDisk { [self] in try unlock(participant) }
    switch answer {
    case .acquired: return .taken
    case .heldBy(let holder, let until): return .leasedElsewhere(holder: holder, until: until)
    case .enrolledElsewhere(let batch): throw ProcessorError.enrolledElsewhere(participant, in: batch, not: path)
    }
  }

  /// Unlocks a participant after giving back the lease.
  func unlockAndGiveBack(_ participant: String) async throws {
    await giveBackLease(of: participant)
    try await onDisk { [self] in try unlock(participant) }
  }

  private func takeLease(of participant: String) async throws -> LeaseAnswer {
    guard let leases else { return .acquired }
    let answer = try await leases.acquire(participant)
    if answer == .acquired { withLeases { $0.add(participant) } }
    return answer
  }

  /// A lease that cannot be given back ends by itself.
  func giveBackLease(of participant: String) async {
    guard withLeases({ $0.remove(participant) }) else { return }
    await giveBack([participant])
  }

  func giveBackLeases() async {
    let left = withLeases { count in
      defer { count.removeAll() }
      return count.participants
    }
    if !left.isEmpty { await giveBack(left) }
  }

  private func giveBack(_ participants: [String]) async {
    do {
      try await leases?.release(participants)
    } catch {
      folder.log(
        "a lease was not given back; it ends by itself",
        ["participants": participants.joined(separator: ", "), "problem": "\(error)"])
    }
  }

  /// Whether a held participant is still this run's, also after a pause. Once false it stays false until the
  /// participant is released.
  func isStillHeld(_ participant: String) async throws -> Bool {
    guard let leases, let held = held(participant) else { return true }
    if held.isLeaseLost { return false }
    if try await leases.confirm(participant) { return true }
    note(participant) { $0.isLeaseLost = true }
    return false
  }

  /// Whether a reserved participant is still reserved. Called before a code is redeemed.
  package func isStillReserved(_ participant: String) async throws -> Bool { try await leases?.confirm(participant) ?? true }

  /// Throws `ProcessorError.heldElsewhere`, which names the holder if there is one, unless the participant is still this
  /// run's. Called before a refresh token is spent.
  func checkLease(of participant: String) async throws {
    guard try await !isStillHeld(participant) else { return }
    let holder = try await leases?.holder(of: participant)
    throw ProcessorError.heldElsewhere(participant, by: holder, isLost: true)
  }
}
