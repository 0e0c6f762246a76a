import FlowCore
import HTTPTypes

/// Lets a few tasks at once do something; the others wait, in the order in which they came. May be used from any task.
final class TurnLimit: Sendable {
  private struct State {
    var active = 0
    var waiting: [CheckedContinuation<Bool, Never>] = []
  }

  /// Beyond it nobody waits: a client that has gone away would still be served before those who are there.
  private static let waitingLimit = 500

  private let limit: Int
  private let state = Locked(State())

  init(_ limit: Int) {
    precondition(limit > 0, "somebody must have a turn")
    self.limit = limit
  }

  /// Throws a `WebProblem` (503) if too many wait already, and what the body throws.
  func turn<Result>(_ body: () async throws -> Result) async throws -> Result {
    guard await begin() else {
      throw WebProblem(.serviceUnavailable, "too many requests wait for the same data; try again in a moment", headers: [.retryAfter: "5"])
    }
    defer { end() }
    return try await body()
  }

  /// Returns false if too many wait.
  private func begin() async -> Bool {
    await withCheckedContinuation { continuation in
      let answer: Bool? = state.withLock { state in
        guard state.active >= limit else {
          state.active += 1
          return true
        }
        guard state.waiting.count < Self.waitingLimit else { return false }
        state.waiting.append(continuation)
        return nil
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }

  private func end() {
    let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.active -= 1
      return nil
    }
    next?.resume(returning: true)
  }
}
