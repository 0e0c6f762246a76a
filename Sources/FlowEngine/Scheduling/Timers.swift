import FlowCore

/// The timers of a run, cancelled together when it ends.
final class Timers: Sendable {
  private let registry = Locked(Registry<ScheduledAction>())
  private let time: any TimeSource

  init(time: any TimeSource) { self.time = time }

  /// Calls `action` once, after `delay`, on any thread, unless the timers are closed earlier.
  func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) {
    let id = registry.withLock { $0.makeID() }
    let timer = time.schedule(after: delay) { [weak self] in
      guard let self else { return }
      self.registry.withLock { $0.ended(id) }
      action()
    }
    // Closed meanwhile: `close` has not seen this timer.
    if registry.withLock({ $0.note(id, timer) }) { timer.cancel() }
  }

  /// Cancels pending timers; timers scheduled later are cancelled at once.
  func close() {
    for timer in registry.withLock({ $0.close() }) { timer.cancel() }
  }
}
