import FlowCore

/// Bounds the time that a stopping run may take, even if FlowFiles circulate.
extension Flow {
  private static let interval = Duration.seconds(1)

  /// Starts the grace period at the first of: signal, time limit, failure of the whole run. A later one may shorten it.
  func beginGrace(_ grace: DrainGrace) {
    let left = leftCount, now = environment.time.monotonic
    let isFirst = watch.withLock { watch in
      guard watch == nil else {
        watch?.tighten(to: grace, at: now)
        return false
      }
      watch = DrainWatch(grace, left: left, at: now)
      return true
    }
    if isFirst { scheduleCheck() }
  }

  private func scheduleCheck() {
    timers.schedule(after: Self.interval) { [weak self] in self?.check() }
  }

  private func check() {
    let left = leftCount, now = environment.time.monotonic
    let isOver = watch.withLock { $0?.isOver(left: left, at: now) ?? false }
    if isOver { cutOff() } else { scheduleCheck() }
  }

  private func cutOff() {
    listener.send(.cutOff)
    post(
      Bulletin(
        .warning, processor: "", subject: "the run took too long to stop: running work was cancelled and deferred",
        detail: "\(leftCount) FlowFiles were left"))
    // Before the cancellation: a session that it ends must find the mode that defers its FlowFiles.
    perform(scheduler.cutOff())
    tasks.cancelAll()
  }

  private var leftCount: Int {
    let counts = statistics.flowFiles()
    return counts.created - counts.finished - counts.removed - counts.deferred - counts.inErrors - counts.abandoned
  }
}
