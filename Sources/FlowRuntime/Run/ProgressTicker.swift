import FlowCore

/// Calls an action at intervals of the run's clock until the action asks for no more.
final class ProgressTicker: Sendable {
  /// For progress that people watch.
  static let usual = Duration.milliseconds(200)

  private struct State {
    var pending: ScheduledAction?
    var isClosed = false
  }
  private let time: any TimeSource
  private let interval: Duration
  private let state = Locked(State())

  init(time: any TimeSource, interval: Duration) {
    self.time = time
    self.interval = interval
  }

  /// Has no effect while a call is pending.
  /// - Parameter action: returns whether it wants to be called again.
  func begin(_ action: @escaping @Sendable () -> Bool) {
    state.withLock { state in
      guard state.pending == nil, !state.isClosed else { return }
      state.pending = time.schedule(after: interval) { [weak self] in self?.fire(action) }
    }
  }

  /// Nothing is pending during the call: a listener that subscribes meanwhile must be able to begin anew.
  private func fire(_ action: @escaping @Sendable () -> Bool) {
    let isOpen = state.withLock { state in
      state.pending = nil
      return !state.isClosed
    }
    if isOpen, action() { begin(action) }
  }

  /// No call begins after this.
  func close() {
    let pending = state.withLock { state in
      defer { state = State(isClosed: true) }
      return state.pending
    }
    pending?.cancel()
  }
}
