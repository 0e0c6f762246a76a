import FlowCore
import StudyModel

/// Waits that end early when the run ends.
package final class Interruption: Sendable {
  private struct State {
    var isInterrupted = false
    var nextID: UInt64 = 0
    var waiting: [UInt64: @Sendable () -> Void] = [:]
  }
  private let time: any TimeSource
  private let state = Locked(State())

  package init(time: any TimeSource) { self.time = time }

  package var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

  /// Waits without blocking a thread. After `interrupt`, current and later calls return at once.
  package func sleep(for delay: Duration) async {
    guard delay > .zero else { return }
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      _ = schedule(after: delay) { continuation.resume() }
    }
  }

  /// Runs `action` once, after the delay or on interruption. Cancelling the returned action drops it.
  package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
    let id: UInt64? = state.withLock { state in
      guard !state.isInterrupted else { return nil }
      state.nextID += 1
      state.waiting[state.nextID] = action
      return state.nextID
    }
    guard let id else {
      action()
      return ScheduledAction {}
    }
    // The action is registered before the timer is set, so that an interruption in between runs it. `take` removes it, so
    // that it runs once.
    let timer = time.schedule(after: delay) { [self] in take(id)?() }
    return ScheduledAction { [self] in
      _ = take(id)
      timer.cancel()
    }
  }

  package func interrupt() {
    let waiting = state.withLock { state in
      state.isInterrupted = true
      defer { state.waiting = [:] }
      return state.waiting.sorted { $0.key < $1.key }.map(\.value)
    }
    // Outside the lock, because an action may call `schedule`.
    for action in waiting { action() }
  }

  private func take(_ id: UInt64) -> (@Sendable () -> Void)? { state.withLock { $0.waiting.removeValue(forKey: id) } }
}
