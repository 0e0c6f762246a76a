import FlowCore

/// A look at something that many readers ask for: taken once for all who ask meanwhile, and used for a moment longer. May be used from any task.
final class SharedLook<Key: Equatable & Sendable, Value: Sendable>: Sendable {
  private struct State {
    var seen: (key: Key, value: Value, at: Duration)?
    var underWay: (key: Key, number: Int, task: Task<Value, any Error>)?
    var count = 0
  }

  private enum Way {
    case seen(Value)
    case wait(Task<Value, any Error>)
    case own(Task<Value, any Error>, Int)
  }

  private let lifetime: Duration
  private let time: any TimeSource
  private let isKept: @Sendable (Value) -> Bool
  private let state = Locked(State())

  /// - Parameters:
  ///   - lifetime: from the beginning of a look on.
  ///   - isKept: false for what only those get who have asked meanwhile.
  init(lifetime: Duration, time: any TimeSource, keeping isKept: @escaping @Sendable (Value) -> Bool = { _ in true }) {
    self.isKept = isKept
    self.lifetime = lifetime
    self.time = time
  }

  /// - Parameter key: what is already known about the thing: a look with another key is not used.
  /// - Throws: what `look` throws; nothing is used longer then.
  func value(_ key: Key, _ look: @escaping @Sendable () async throws -> Value) async throws -> Value {
    let now = time.monotonic
    let way: Way = state.withLock { state in
      if let seen = state.seen, seen.key == key, now - seen.at < lifetime { return .seen(seen.value) }
      if let underWay = state.underWay, underWay.key == key { return .wait(underWay.task) }
      state.count += 1
      let task = Task { try await look() }
      state.underWay = (key, state.count, task)
      return .own(task, state.count)
    }
    switch way {
    case .seen(let value): return value
    case .wait(let task): return try await task.value
    case .own(let task, let number):
      let result = await task.result
      state.withLock { state in
        if state.underWay?.number == number { state.underWay = nil }
        state.seen = nil
        if case .success(let value) = result, isKept(value) { state.seen = (key, value, now) }
      }
      return try result.get()
    }
  }
}
