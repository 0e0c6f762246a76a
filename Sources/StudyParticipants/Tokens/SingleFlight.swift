import FlowCore
import StudyModel

/// Runs at most one operation per key: callers that arrive meanwhile share its result, without blocking a thread.
///
/// The operation runs in its own task, which callers cannot cancel: a request that was sent is completed and its
/// response kept. A cancelled caller stops waiting at once. When the last caller has left, the operation's own waits
/// end (`Interruption`), so that it lasts no longer than its current request. `idle` waits for that.
package final class SingleFlight<Value: Sendable>: Sendable {
  private typealias Outcome = Result<Value, any Error>
  private struct Flight {
    let interruption: Interruption
    var waiters: [Waiter]
    var watchers: [CheckedContinuation<Void, Never>] = []
  }
  private struct State {
    var flights: [String: Flight] = [:]
    var isClosed = false
  }

  /// The result for one caller.
  package struct Landing: Sendable {
    package var value: Value
    /// The operation was started for this caller rather than joined.
    package var isOwn: Bool
  }

  private let time: any TimeSource
  private let executor: any TaskExecutor
  private let state = Locked(State())

  package init(time: any TimeSource, executor: any TaskExecutor) {
    self.time = time
    self.executor = executor
  }

  /// Runs `work`, or joins the operation in flight for the key and returns its result or error. Throws
  /// `CancellationError` as soon as the caller is cancelled; the operation continues.
  package func run(_ key: String, _ work: @escaping @Sendable (Interruption) async throws -> Value) async throws -> Landing {
    let waiter = Waiter()
    return try await withTaskCancellationHandler {
      try Task.checkCancellation()
      let started = join(key, waiter)
      // The task may have been cancelled before `join` registered the waiter, when the handler found nothing to leave.
      if Task.isCancelled { leave(key, waiter) }
      if let started { start(key, started, work) }
      return Landing(value: try await waiter.outcome().get(), isOwn: started != nil)
    } onCancel: {
      leave(key, waiter)
    }
  }

  /// Waits for the operation in flight for the key, if any.
  package func idle(_ key: String) async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      // Check and registration under one lock: otherwise the flight could end between them, and the watcher would never be
      // resumed.
      let isIdle = state.withLock { state in
        guard state.flights[key] != nil else { return true }
        state.flights[key]?.watchers.append(continuation)
        return false
      }
      if isIdle { continuation.resume() }
    }
  }

  /// Waits until no operation is in flight.
  package func idle() async {
    while let key = state.withLock({ $0.flights.keys.min() }) { await idle(key) }
  }

  /// Number of operations in flight.
  package var count: Int { state.withLock { $0.flights.count } }

  /// Ends the waits of current and future operations.
  package func interrupt() {
    let interruptions = state.withLock { state in
      state.isClosed = true
      return state.flights.sorted { $0.key < $1.key }.map(\.value.interruption)
    }
    for interruption in interruptions { interruption.interrupt() }
  }

  // MARK: Steps

  /// Joins the operation in flight and returns nil, or registers a new one and returns its interruption; the caller
  /// must then start it.
  private func join(_ key: String, _ waiter: Waiter) -> Interruption? {
    let interruption = Interruption(time: time)
    let (isFirst, isClosed) = state.withLock { state in
      guard state.flights[key] != nil else {
        state.flights[key] = Flight(interruption: interruption, waiters: [waiter])
        return (true, state.isClosed)
      }
      state.flights[key]?.waiters.append(waiter)
      return (false, state.isClosed)
    }
    guard isFirst else { return nil }
    if isClosed { interruption.interrupt() }
    return interruption
  }

  private func start(_ key: String, _ interruption: Interruption, _ work: @escaping @Sendable (Interruption) async throws -> Value) {
    Task(executorPreference: executor) {
      let outcome: Outcome
      do {
        outcome = .success(try await work(interruption))
      } catch {
        outcome = .failure(error)
      }
      let flight = self.state.withLock { $0.flights.removeValue(forKey: key) }
      for waiter in flight?.waiters ?? [] { waiter.end(outcome) }
      for watcher in flight?.watchers ?? [] { watcher.resume() }
    }
  }

  private func leave(_ key: String, _ waiter: Waiter) {
    let abandoned = state.withLock { state -> Interruption? in
      guard let flight = state.flights[key], flight.waiters.contains(where: { $0 === waiter }) else { return nil }
      state.flights[key]?.waiters.removeAll { $0 === waiter }
      return flight.waiters.count == 1 ? flight.interruption : nil
    }
    waiter.end(.failure(CancellationError()))
    abandoned?.interrupt()
  }

  /// One caller. `end` takes effect once, before or after the caller starts to wait.
  private final class Waiter: Sendable {
    private enum Stage {
      case new
      case waiting(CheckedContinuation<Outcome, Never>)
      case ended(Outcome)
    }
    private let stage = Locked(Stage.new)

    func outcome() async -> Outcome {
      await withCheckedContinuation { continuation in
        let ended: Outcome? = stage.withLock { stage in
          if case .ended(let outcome) = stage { return outcome }
          stage = .waiting(continuation)
          return nil
        }
        if let ended { continuation.resume(returning: ended) }
      }
    }

    func end(_ outcome: Outcome) {
      let waiting: CheckedContinuation<Outcome, Never>? = stage.withLock { stage in
        switch stage {
        case .new:
          stage = .ended(outcome)
          return nil
        case .waiting(let continuation):
          stage = .ended(outcome)
          return continuation
        case .ended: return nil
        }
      }
      waiting?.resume(returning: outcome)
    }
  }
}
