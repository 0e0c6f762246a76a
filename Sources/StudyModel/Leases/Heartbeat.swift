import FlowCore

/// Does something again and again while it lasts: renews leases, says that a run lives.
package final class Heartbeat: Sendable {
  private struct State {
    var beat: ScheduledAction?
    /// nil: not beating.
    var action: (@Sendable () -> Void)?
  }

  private let time: any TimeSource
  private let interval: Duration
  private let state = Locked(State())

  package init(every interval: Duration, by time: any TimeSource) {
    self.interval = interval
    self.time = time
  }

  /// Begins; the first beat comes after an interval. Has no effect while it beats.
  /// - Parameter action: called on any thread; must not block. Hold its owner weakly.
  package func start(_ action: @escaping @Sendable () -> Void) {
    let isFirst = state.withLock { state in
      guard state.action == nil else { return false }
      state.action = action
      return true
    }
    if isFirst { schedule() }
  }

  package func stop() {
    let beat = state.withLock { state in
      defer { state = State() }
      return state.beat
    }
    beat?.cancel()
  }

  private func schedule() {
    let beat = time.schedule(after: interval) { [weak self] in self?.beat() }
    let isBeating = state.withLock { state in
      guard state.action != nil else { return false }
      state.beat = beat
      return true
    }
    if !isBeating { beat.cancel() }
  }

  private func beat() {
    guard let action = state.withLock({ $0.action }) else { return }
    action()
    schedule()
  }
}
