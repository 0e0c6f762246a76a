/// The clocks and timers of a run. Injected, so that a test can own time.
package protocol TimeSource: Sendable {
  /// Wall-clock time. May step back or forward; used for what people and tables see, never to measure or to wait.
  var now: Instant { get }
  /// Time since an arbitrary moment; never steps back. Used to measure and to wait.
  var monotonic: Duration { get }
  /// Calls `action` once, on any thread, after at least `delay`; not at all once cancelled in time.
  func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction
}

/// A timer that has been set.
package struct ScheduledAction: Sendable {
  private let cancellation: @Sendable () -> Void

  package init(cancel: @escaping @Sendable () -> Void) { cancellation = cancel }
  package func cancel() { cancellation() }
}

extension TimeSource {
  /// Waits without holding a thread.
  package func sleep(for delay: Duration) async {
    guard delay > .zero else { return }
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      _ = schedule(after: delay) { continuation.resume() }
    }
  }
}
