import FlowCore

/// Retries of failed writes: a disk that is full for a second must not cost a token.
extension ParticipantStore {
  /// The pause before each retry of a failed write.
  static let waitsToWrite: [Duration] = [.milliseconds(100), .seconds(1)]
  /// The same for tokens that exist only in memory, which justify a longer wait.
  static let waitsToKeepTokens: [Duration] = waitsToWrite + [.seconds(5), .seconds(10)]

  /// What must be free before a token or a code is used that can be used once. The answer may be the only copy of the new token, and needs
  /// room for a file that is written beside the old one. For the tokens of a held participant that room is reserved besides: others may fill the
  /// disk while the provider answers.
  static let leastFreeBytes: Int64 = 1 << 20

  /// Writes a held participant's file with retries; an interruption shortens the waits. Throws `StopRun` (1) after the
  /// last attempt.
  func persist(
    _ participant: String, waits: [Duration] = waitsToWrite, _ interruption: Interruption,
    _ change: @escaping @Sendable (inout ParticipantFile) -> Void
  ) async throws {
    try await patiently(waits, interruption) { isLast in
      try await sayingWhy { try await write(participant, overUnreadable: isLast, change) }
    }
  }

  /// Notes that a token is about to be asked for, with the same retries.
  func journal(_ participant: String, asked: Instant, waits: [Duration], _ interruption: Interruption) async throws {
    try await patiently(waits, interruption) { isLast in
      try await sayingWhy {
        // What a person has put into the file meanwhile must be merged before a token is asked for.
        let isNoted = isLast ? false : try await journalBeside(participant, asked: asked)
        if !isNoted { try await write(participant, overUnreadable: isLast) { $0.token.asked = asked } }
      }
    }
  }

  /// Throws `StopRun` (1) if there is no room for the answer to a request that cannot be repeated. Called before each such request.
  /// - Parameters:
  ///   - participant: a held participant, whose tokens are asked for: room for them is reserved. nil for a code, after whose loss the participant
  ///     consents again.
  ///   - waits: before each further look at a full disk.
  func makeSureOfRoom(for participant: String?, _ interruption: Interruption, waits: [Duration] = []) async throws {
    try await patiently(waits, interruption) { _ in
      if let participant { try await sayingWhy { try await reserveRoom(of: participant) } }
      let free = try await onDisk { [self] in try folder.fileSystem.freeBytes(at: path) }
      guard free < Self.leastFreeBytes else { return }
      throw StopRun(
        .failed, .disk,
        "\(path): No space left on device: \(free / 1024) KB are free; expected \(Self.leastFreeBytes / 1024) KB before a new token is asked for, "
          + "which could not be kept; free some space, then run this again")
    }
  }

  private func sayingWhy(_ write: () async throws -> Void) async throws {
    do {
      try await write()
    } catch let error as FileSystemError {
      throw StopRun(.failed, .disk, "\(error); tokens are not renewed while participant files cannot be written")
    }
  }

  /// Runs `write` with retries while disk errors occur; throws the last error. `write` is given whether this is its
  /// last attempt.
  func patiently<Value>(
    _ waits: [Duration], _ interruption: Interruption, _ write: (_ isLast: Bool) async throws -> Value
  ) async throws -> Value {
    for wait in waits {
      do {
        return try await write(false)
      } catch let error as StopRun where error.cause == .disk {
        await interruption.sleep(for: wait)
      } catch is FileSystemError {
        await interruption.sleep(for: wait)
      }
    }
    return try await write(true)
  }
}

extension OAuthProvider {
  /// Runs `write`, which stores tokens of a code that cannot be redeemed again, with retries while disk errors occur;
  /// `stopWaiting` shortens the waits. Throws the last error.
  package func patiently<Value>(_ write: () async throws -> Value) async throws -> Value {
    try await store.patiently(ParticipantStore.waitsToKeepTokens, interruption) { _ in try await write() }
  }
}
