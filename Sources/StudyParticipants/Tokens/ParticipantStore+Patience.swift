import FlowCore

/// Writes of participant files that fail are tried again: a disk that was full for a second must cost nobody a token.
extension ParticipantStore {
  /// Before each further try of a write that failed.
  static let waitsToWrite: [Duration] = [.milliseconds(100), .seconds(1)]
  /// Before each further try of writing tokens that exist only in memory: worth more patience.
  static let waitsToKeepTokens: [Duration] = waitsToWrite + [.seconds(5), .seconds(10)]

  /// Writes a held participant's file, again where it fails; an interruption shortens the waits. Throws `StopRun` (1) after the last try.
  func persist(
    _ participant: String, waits: [Duration] = waitsToWrite, _ interruption: Interruption,
    _ change: @escaping @Sendable (inout ParticipantFile) -> Void
  ) async throws {
    try await patiently(waits, interruption) { isLast in
      do {
        try await write(participant, overUnreadable: isLast, change)
      } catch let error as FileSystemError {
        throw StopRun(.failed, .disk, "\(error); participant files cannot be written, and without that no token may be renewed")
      }
    }
  }

  /// Runs `write` again, after each of the waits, while the disk refuses; throws the last error. `write` is told when it is its last try.
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
  /// Runs `write`, which keeps tokens of a consent that is used up, again while the disk refuses; `stopWaiting` shortens the waits.
  /// Throws the last error.
  package func patiently<Value>(_ write: () async throws -> Value) async throws -> Value {
    try await store.patiently(ParticipantStore.waitsToKeepTokens, interruption) { _ in try await write() }
  }
}
