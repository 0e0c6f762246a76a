import FlowCore

/// The scheduler's state behind a lock. Every event returns the actions that its caller must perform.
final class Scheduler: Sendable {
  private let state: Locked<SchedulerState>

  init(_ state: SchedulerState) { self.state = Locked(state) }

  var mode: RunMode { state.withLock { $0.mode } }

  func inject(_ flowFile: FlowFile, into connection: Int) { state.withLock { $0.inject(flowFile, into: connection) } }
  func start() -> SchedulerActions { state.withLock { $0.start() } }
  func take(_ processor: Int, isRelief: Bool) -> TakenFlowFile? {
    state.withLock { $0.take(processor, isRelief: isRelief) }
  }
  func finish(_ processor: Int, _ settlement: Settlement, wantsNext: Bool) -> SchedulerActions {
    state.withLock { $0.finish(processor, settlement, wantsNext: wantsNext) }
  }
  func wake(for due: Duration, at now: Duration) -> SchedulerActions { state.withLock { $0.wake(for: due, at: now) } }
  func drain() -> SchedulerActions { state.withLock { $0.drain() } }
  func halt() -> SchedulerActions { state.withLock { $0.halt() } }
  func cutOff() -> SchedulerActions { state.withLock { $0.cutOff() } }
  func abort() -> SchedulerActions { state.withLock { $0.abort() } }

  /// Current queue sizes, and for each processor its active triggers, yield, exhaustion and high-water mark.
  func snapshot() -> (queues: [FlowSnapshot.Queue], processors: [SchedulerState.ProcessorState]) {
    state.withLock { state in
      let queues = zip(state.topology.connections, state.connections).enumerated().map { index, pair in
        let (connection, queue) = pair
        return FlowSnapshot.Queue(
          source: connection.source.map { state.topology.nodes[$0].name }, relationship: connection.relationship,
          destination: state.topology.nodes[connection.destination].name, availableCount: queue.availableCount,
          inFlightCount: queue.inFlightCount, penalisedCount: queue.penalisedCount,
          heldCount: state.processors[connection.destination].held.count { $0.connection == index }, countedBytes: queue.countedBytes,
          isFull: queue.isFull, limit: queue.limits.count, penalty: queue.penalty)
      }
      return (queues, state.processors)
    }
  }
}
