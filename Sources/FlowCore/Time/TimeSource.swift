/// A run's clocks and timers. Injected, so that tests control time.
package protocol TimeSource: Sendable {
  /// Wall-clock time. May jump; for display and storage, never for measuring or waiting.
  var now: Instant { get }
  /// Time since an arbitrary moment; never decreases. For measuring and waiting.
  var monotonic: Duration { get }
  /// Calls `action` once, on any thread, after at least `delay`; not at all if cancelled in time.
  func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction
}

/// A pending timer.
package struct ScheduledAction: Sendable {
  private let cancellation: @Sendable () -> Void

  package init(cancel: @escaping @Sendable () -> Void) { cancellation = cancel }
  package func cancel() { cancellation() }
}

extension TimeSource {
  /// Waits without blocking a thread.
  package func sleep(for delay: Duration) async {
    guard delay > .zero else { return }
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      _ = schedule(after: delay) { continuation.resume() }
    }
  }
}
