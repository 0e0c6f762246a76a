import FlowCore

/// Knows when everything that descends from a FlowFile has ended, and tells whoever waits for it.
///
/// Handlers run in tasks of their own on the flow's executor, a few at a time; they are never cancelled.
final class LineageTracker: Sendable {
  private let state: Locked<LineageState>
  private let executor: any TaskExecutor
  /// Told what a handler threw.
  private let report = Locked<@Sendable (any Error) -> Void>({ _ in })
  /// Opens when, after `finish` was called, nothing is open.
  private let allEnded = Gate()
  private let mayFinish = Locked(false)

  init(executor: any TaskExecutor, maximumHandlerCount: Int = 16) {
    state = Locked(LineageState(maximumPumpCount: maximumHandlerCount))
    self.executor = executor
  }

  /// To be called before anything is applied: who is told what a handler threw.
  func reportFailures(to report: @escaping @Sendable (any Error) -> Void) {
    self.report.withLock { $0 = report }
  }

  var openCount: Int { state.withLock { $0.openCount } }

  func makeID() -> LineageID { state.withLock { $0.makeID() } }

  func apply(_ changes: LineageChanges) {
    if changes.isEmpty { return }
    startPumps(state.withLock { $0.apply(changes) })
  }

  /// Waits until every lineage has ended and every handler has returned. To be called when no FlowFile can be created any more.
  func finish() async {
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
