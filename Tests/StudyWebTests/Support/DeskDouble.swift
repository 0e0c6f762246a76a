import FlowCore
import FlowRuntime
import StudyWeb

/// Takes orders down and runs nothing.
final class DeskDouble: RunDesk {
  struct State {
    var orders: [RunOrder] = []
    var replays: [ReplayOrder] = []
    var stopped: [String] = []
    var refusal: RunRefusal?
    /// A replay finds no entry.
    var findsNothing = false
    var isStopping = false
    var updates: [String: [LiveUpdate]] = [:]
  }
  let state = Locked(State())

  var orders: [RunOrder] { state.withLock { $0.orders } }
  func refuse(_ refusal: RunRefusal?) { state.withLock { $0.refusal = refusal } }
  /// - Parameter updates: what a stream of the run sends before it ends.
  func show(_ run: String, _ updates: [LiveUpdate]) { state.withLock { $0.updates[run] = updates } }

  func start(_ order: RunOrder) async throws(RunRefusal) -> String {
    if let refusal = state.withLock({ $0.refusal }) { throw refusal }
    state.withLock { $0.orders.append(order) }
    return "run-of-the-double"
  }

  func replay(_ order: ReplayOrder) async throws(RunRefusal) -> ReplayReceipt {
    if let refusal = state.withLock({ $0.refusal }) { throw refusal }
    if state.withLock({ $0.findsNothing }) { return ReplayReceipt(run: nil, entries: 0, notes: ["no entry of the error folder is replayed"]) }
    state.withLock { $0.replays.append(order) }
    return ReplayReceipt(run: order.isDryRun ? nil : "replay-of-the-double", entries: 3, notes: ["three entries"])
  }

  func stop(run: String) async -> Bool {
    state.withLock { state in
      guard state.updates[run] != nil else { return false }
      state.stopped.append(run)
      return true
    }
  }

  var isStopping: Bool { state.withLock { $0.isStopping } }

  func active() async -> [LiveUpdate] { state.withLock { $0.updates.values.compactMap(\.first) } }

  func updates(of run: String) async -> AsyncStream<LiveUpdate>? {
    guard let updates = state.withLock({ $0.updates[run] }) else { return nil }
    return AsyncStream { stream in
      for update in updates { stream.yield(update) }
      if updates.last?.ended != nil { stream.finish() }
    }
  }
}

extension LiveUpdate {
  static func example(run: String, done: Int = 0, ended: String? = nil) -> LiveUpdate {
    LiveUpdate(
      run: run, flow: "fitbit", time: "2026-01-05T00:00:00Z", elapsed: 1, participants: Participants(done: done, total: 6), flowfiles: FlowFileCounts(),
      processors: [Processor(name: "read token file", received: 1, sent: ["success": 1], failed: 0, retried: 0, active: 0, penalised: 0, waitsFor: nil)],
      queues: [Queue(from: "a", to: "b", relationships: ["success"], count: 2, limit: 1000, isFull: false)], ended: ended, exit: ended.map { _ in 0 })
  }
}
