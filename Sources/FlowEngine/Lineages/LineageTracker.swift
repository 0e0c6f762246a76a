import FlowCore

/// Detects when all descendants of a FlowFile have ended, and calls the handler of the lineage.
///
/// Handlers run in their own tasks on the flow's executor, with limited concurrency; they are never cancelled.
final class LineageTracker: Sendable {
  private let state: Locked<LineageState>
  private let executor: any TaskExecutor
  /// Receives errors thrown by handlers.
  private let report = Locked<@Sendable (any Error) -> Void>({ _ in })
  /// Opens when no lineage is open after `finish` was called.
  private let allEnded = Latch()
  private let mayFinish = Locked(false)

  init(executor: any TaskExecutor, maximumHandlerCount: Int = 16) {
    state = Locked(LineageState(maximumPumpCount: maximumHandlerCount))
    self.executor = executor
  }

  /// Sets the receiver of errors thrown by handlers. Call it before anything is applied.
  func reportFailures(to report: @escaping @Sendable (any Error) -> Void) {
    self.report.withLock { $0 = report }
  }

  var openCount: Int { state.withLock { $0.openCount } }

  func makeID() -> LineageID { state.withLock { $0.makeID() } }

  func apply(_ changes: LineageChanges) {
    if changes.isEmpty { return }
    startPumps(state.withLock { $0.apply(changes) })
  }

  /// Waits until every lineage has ended and every handler has returned. Call it when no more FlowFiles can be created.
  func finish() async {
    // Set before the check: a handler that returns in between then opens the latch itself.
    mayFinish.withLock { $0 = true }
    if state.withLock({ $0.isEmpty }) { allEnded.open() }
    await allEnded.wait()
  }

  private func startPumps(_ count: Int) {
    for _ in 0..<count { Task(executorPreference: executor) { await self.callHandlers() } }
  }

  private func callHandlers() async {
    while let ended = state.withLock({ $0.next() }) {
      do { try await ended.onEnd(ended.outcome) } catch { report.withLock { $0 }(error) }
      let (pumps, isEmpty) = state.withLock { ($0.handled(ended.lineage), $0.isEmpty) }
      startPumps(pumps)
      if isEmpty, mayFinish.withLock({ $0 }) { allEnded.open() }
    }
  }
}
