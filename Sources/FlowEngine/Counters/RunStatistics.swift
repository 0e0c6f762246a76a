import FlowCore

/// Collects the results of a run: counters, bulletins, error entries, and what stopped it.
final class RunStatistics: Sendable {
  private struct State {
    var counters: CountersState
    var bulletins = BulletinGroups()
    var errorEntryCount = 0
    var stopped: StopRun?
    var wasStopped = false
    var timedOut = false
  }
  private let state: Locked<State>
  private let topology: FlowTopology

  init(_ topology: FlowTopology) {
    self.topology = topology
    state = Locked(State(counters: CountersState(topology)))
  }

  func apply(_ changes: CounterChanges, bulletins: [Bulletin] = [], errorEntryCount: Int = 0) {
    state.withLock { state in
      state.counters.apply(changes)
      for bulletin in bulletins { state.bulletins.post(bulletin) }
      state.errorEntryCount += errorEntryCount
    }
  }

  func count(_ endings: [Ending]) {
    state.withLock { state in
      for ending in endings { state.counters.count(ending) }
    }
  }

  func post(_ bulletin: Bulletin) { state.withLock { $0.bulletins.post(bulletin) } }

  /// Increments a counter of a processor at once, independent of any commit.
  func count(_ counter: String, _ delta: Int64, of processor: Int) {
    state.withLock { $0.counters.count(counter, delta, of: processor) }
  }

  /// Records a failure of the whole run; only the first is kept. Returns true if this is the first.
  func noteTrouble(_ trouble: StopRun) -> Bool {
    state.withLock { state in
      defer { state.stopped = state.stopped ?? trouble }
      return state.stopped == nil
    }
  }
  func noteSignal() { state.withLock { $0.wasStopped = true } }
  func noteTimeout() { state.withLock { $0.timedOut = true } }

  func flowFiles() -> FlowFileCounts { state.withLock { $0.counters.flowFiles } }
  func processorReports(queueHighWater: [Int]) -> [ProcessorReport] {
    state.withLock { $0.counters }.reports(topology, queueHighWater: queueHighWater)
  }

  func result(queueHighWater: [Int]) -> FlowResult {
    let state = state.withLock { $0 }
    return FlowResult(
      flowfiles: state.counters.flowFiles, processors: state.counters.reports(topology, queueHighWater: queueHighWater),
      bulletins: state.bulletins.sorted(by: topology.nodes.map(\.name)), stopped: state.stopped, wasStopped: state.wasStopped, timedOut: state.timedOut,
      errorEntries: state.errorEntryCount)
  }
}
