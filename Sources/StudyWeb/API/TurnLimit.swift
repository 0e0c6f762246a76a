import FlowCore

/// Lets a few tasks at once do something; the others wait, in the order in which they came. May be used from any task.
final class TurnLimit: Sendable {
  private struct State {
    var active = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let limit: Int
  private let state = Locked(State())

  init(_ limit: Int) {
    precondition(limit > 0, "somebody must have a turn")
    self.limit = limit
  }

  func turn<Result>(_ body: () async throws -> Result) async rethrows -> Result {
    await begin()
    defer { end() }
    return try await body()
  }

  private func begin() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        guard state.active >= limit else {
          state.active += 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  private func end() {
    let next: CheckedContinuation<Void, Never>? = state.withLock { state in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.active -= 1
      return nil
    }
    next?.resume()
  }
}
