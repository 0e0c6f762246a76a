import FlowCore

/// Clocks and timers that advance only on request.
package final class ManualTime: TimeSource {
  private struct Timer {
    var id: Int
    var due: Duration
    var action: @Sendable () -> Void
  }
  private struct State {
    var now: Instant
    var monotonic = Duration.zero
    var timers: [Timer] = []
    var lastID = 0

    mutating func add(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> Int {
      lastID += 1
      timers.append(Timer(id: lastID, due: monotonic + max(delay, .zero), action: action))
      return lastID
    }
    /// Advances to the next timer due by the limit and removes it.
    mutating func takeTimer(dueBy limit: Duration?) -> (@Sendable () -> Void)? {
      guard let next = timers.min(by: { ($0.due, $0.id) < ($1.due, $1.id) }) else { return nil }
      if let limit, next.due > limit { return nil }
      move(to: next.due)
      timers.removeAll { $0.id == next.id }
      return next.action
    }
    mutating func move(to time: Duration) {
      guard time > monotonic else { return }
      now = now + (time - monotonic)
      monotonic = time
    }
  }
  private let state: Locked<State>

  /// - Parameter now: wall-clock time at the start; default 2026-01-01T00:00:00Z.
  package init(now: Instant = Instant(seconds: 1_767_225_600)) { state = Locked(State(now: now)) }

  package var now: Instant { state.withLock { $0.now } }
  package var monotonic: Duration { state.withLock { $0.monotonic } }
  /// Number of pending timers.
  package var timerCount: Int { state.withLock { $0.timers.count } }

  package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
    let id = state.withLock { $0.add(after: delay, action) }
    return ScheduledAction { [weak self] in self?.state.withLock { $0.timers.removeAll { $0.id == id } } }
  }

  /// Sets the wall clock; the monotonic clock and the timers are not affected.
  package func setNow(_ now: Instant) { state.withLock { $0.now = now } }

  /// Advances both clocks and calls due timers, each at its time.
  package func advance(by delay: Duration) {
    let end = monotonic + delay
    while let action = state.withLock({ $0.takeTimer(dueBy: end) }) { action() }
    state.withLock { $0.move(to: end) }
  }

  /// Advances to the next timer and calls it; false if there is none.
  @discardableResult package func advanceToNextTimer() -> Bool {
    guard let action = state.withLock({ $0.takeTimer(dueBy: nil) }) else { return false }
    action()
    return true
  }
}
