import FlowCore

/// One piece of work at a time per key: whoever asks while it runs waits for its result, without holding a thread.
package final class SingleFlight<Value: Sendable>: Sendable {
  private typealias Outcome = Result<Value, any Error>
  private typealias Waiter = CheckedContinuation<Outcome?, Never>
  private struct Flight {
    var waiters: [Waiter] = []
    var watchers: [CheckedContinuation<Void, Never>] = []
  }
  private let flights = Locked<[String: Flight]>([:])

  package init() {}

  /// Runs `work`, or joins the run that is under way for the key and gives its result or error.
  package func run(_ key: String, _ work: @Sendable () async throws -> Value) async throws -> Value {
    if let outcome = await join(key) { return try outcome.get() }
    let outcome: Outcome
    do {
      outcome = .success(try await work())
    } catch {
      outcome = .failure(error)
    }
    let flight = flights.withLock { $0.removeValue(forKey: key) ?? Flight() }
    for waiter in flight.waiters { waiter.resume(returning: outcome) }
    for watcher in flight.watchers { watcher.resume() }
    return try outcome.get()
  }

  /// Waits for the run under way for the key, if there is one.
  package func idle(_ key: String) async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let isIdle = flights.withLock { flights in
        guard flights[key] != nil else { return true }
        flights[key]?.watchers.append(continuation)
        return false
      }
      if isIdle { continuation.resume() }
    }
  }

  /// Waits until nothing is under way for any key.
  package func idle() async {
    while let key = flights.withLock({ $0.keys.min() }) { await idle(key) }
  }

  /// The outcome of the run under way, once it is there; nil, at once, for the caller who is to run the work.
  private func join(_ key: String) async -> Outcome? {
    await withCheckedContinuation { (continuation: Waiter) in
      let isFirst = flights.withLock { flights in
        guard flights[key] != nil else {
          flights[key] = Flight()
          return true
        }
        flights[key]?.waiters.append(continuation)
        return false
      }
      if isFirst { continuation.resume(returning: nil) }
    }
  }
}
