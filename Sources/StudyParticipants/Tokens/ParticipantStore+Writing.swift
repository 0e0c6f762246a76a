import FlowCore
import StudyModel

/// Durable writes of held participants' files. Those that wait while the disk is busy are written as a group, with one
/// fsync of the folder.
extension ParticipantStore {
  /// Writes the file durably, including all noted changes, with `change` applied last; the change becomes visible only
  /// afterwards. Throws `FileSystemError`: the file on disk is then either the old or the new one, and nothing else has
  /// changed.
  /// - Parameter overUnreadable: also replace a file that cannot be read.
  func write(
    _ participant: String, overUnreadable: Bool = false, _ change: @escaping @Sendable (inout ParticipantFile) -> Void = { _ in }
  ) async throws {
    try await carryOut(WriteQueue.Order(participant: participant, isOverUnreadable: overUnreadable, change: change))
  }

  /// Writes pending changes, then releases the lock and the lease. If the write fails, the participant stays held so that
  /// `close` can try again. After a lost lease only tokens are written, which nobody else has.
  func release(_ participant: String, previousSync: Instant?) async throws {
    try await carryOut(
      WriteQueue.Order(participant: participant, isRelease: true) { file in
        if let previousSync { file.previousSync = previousSync }
      })
    await giveBackLease(of: participant)
  }

  private func carryOut(_ order: WriteQueue.Order) async throws {
    let ticket = withWrites { $0.add(order) }
    try await lane.run { [self] in
      // Usually done already, with the group of a caller before.
      while true {
        if let result = withWrites({ $0.takeResult(of: ticket) }) { return try result.get() }
        writeGroup()
      }
    }
  }

  private func writeGroup() {
    let group = withWrites { $0.takeGroup() }
    var written: [(ticket: Int, order: WriteQueue.Order, held: HeldParticipant, next: ParticipantFile)] = []
    for (ticket, order) in group {
      guard let held = held(order.participant) else {
        finish(ticket, order.isRelease ? .success(()) : .failure(Self.isReleased(order.participant)))
        continue
      }
      var next = held.next
      order.change(&next)
      if order.isRelease, held.pending == nil, held.isLeaseLost || next.updatedDocument == held.file.document {
        // The intent of a lost lease may be the other run's.
        finish(ticket, Result { try letGo(order, hasIntentFile: held.hasIntentFile && !held.isLeaseLost) })
      } else {
        written.append((ticket, order, held, next))
      }
    }
    let results = folder.replace(
      written.map { item in
        .init(file: item.next, isOverUnreadable: item.order.isOverUnreadable, room: { [self] in takeRoom(of: item.order.participant) })
      })
    for (item, result) in zip(written, results) {
      finish(
        item.ticket,
        result.flatMap { file in
          note(item.order.participant) { $0.wrote(file, including: item.held) }
          return Result {
            if item.order.isRelease { return try letGo(item.order, hasIntentFile: item.held.hasIntentFile) }
            if item.held.hasIntentFile { removeIntent(of: item.order.participant) }
          }
        })
    }
  }

  private func finish(_ ticket: Int, _ result: Result<Void, any Error>) { withWrites { $0.finish(ticket, result) } }

  private func letGo(_ order: WriteQueue.Order, hasIntentFile: Bool) throws {
    if hasIntentFile { removeIntent(of: order.participant) }
    try letGo(order.participant)
  }

  private static func isReleased(_ participant: String) -> StopRun {
    StopRun(.failed, .internal, "participant \(participant) was released before its file was written")
  }

  // MARK: Room for a token

  /// Reserves room for the tokens that are about to be asked for. Throws `FileSystemError` if there is none.
  func reserveRoom(of participant: String) async throws {
    try await lane.run { [self] in
      guard let held = held(participant) else { throw Self.isReleased(participant) }
      guard held.room == nil else { return }
      let room = try folder.reserveRoom(for: held.next)
      note(participant) { $0.room = room }
    }
  }

  /// On the lane, so that nobody else reserves or takes it meanwhile.
  private func takeRoom(of participant: String) -> ParticipantFolder.Room? {
    let room = held(participant)?.room
    note(participant) { $0.room = nil }
    return room
  }

  // MARK: The intent to ask for a token

  /// Notes beside the file that a token is about to be asked for; false if the file itself must be written, because a
  /// person has changed it. Throws `FileSystemError`.
  func journalBeside(_ participant: String, asked: Instant) async throws -> Bool {
    try await lane.run { [self] in
      guard let held = held(participant) else { throw Self.isReleased(participant) }
      guard try folder.isUnchanged(held.file) else { return false }
      try folder.write(TokenIntent(held.file.token, asked: asked), of: participant, isDurable: !hasJournalled.withLock { $0 })
      hasJournalled.withLock { $0 = true }
      note(participant) { held in
        held.file.token.asked = asked
        held.hasIntentFile = true
      }
      return true
    }
  }

  /// On the lane.
  func removeIntent(of participant: String) {
    let isGone = folder.removeIntent(of: participant)
    note(participant) { $0.hasIntentFile = !isGone }
  }
}
