import FlowCore

/// Runs a validated graph: triggers its processors, moves FlowFiles between them, and ends when everything has ended.
///
/// Processors run in tasks on the environment's executor. All methods may be called from any thread and do not block.
/// The guarantees are documented at the types that implement them: `SessionCommit` (sessions and retries),
/// `SchedulerState` (back-pressure and stopping), `ConnectionState`, `LineageState`.
package final class Flow: Sendable {
  let topology: FlowTopology
  let processors: [any Processor]
  let environment: RuntimeEnvironment
  let errors: any ErrorSink
  let commitContext: CommitContext
  let scheduler: Scheduler
  let lineages: LineageTracker
  let statistics: RunStatistics
  let outsideWaits: OutsideWaits
  let tasks: RunningTasks
  let timers: Timers
  private let injected: [InjectedFlowFile]
  private let timeout: Duration?
  private let grace: DrainGrace
  private let graceAfterSignal: DrainGrace
  /// Set once the run is stopping.
  let watch = Locked<DrainWatch?>(nil)
  let listener: FlowListener
  /// Opens when nothing runs, nothing is queued and no new work can arrive.
  let drained = Latch()
  private let hasRun = Locked(false)

  /// - Parameters:
  ///   - processors: the graph's processors, in the same order.
  ///   - injected: FlowFiles to place in their processors' queues before the start.
  ///   - triggersSources: false for a replay, which only processes injected FlowFiles.
  ///   - timeout: the time after which the run stops as after a first signal; nil: no limit.
  ///   - grace: how long a run may take to stop after a failure or its time limit; after that, remaining work is cancelled and deferred.
  ///   - graceAfterSignal: the same after a first signal.
  ///   - listener: receives events as they happen, on any thread and outside of all locks.
  package init(
    graph: FlowGraph, processors: [any Processor], environment: RuntimeEnvironment, errors: any ErrorSink,
    injected: [InjectedFlowFile] = [], triggersSources: Bool = true,
    timeout: Duration? = nil, grace: DrainGrace = .otherwise, graceAfterSignal: DrainGrace = .afterSignal, listener: FlowListener = FlowListener()
  ) {
    precondition(processors.count == graph.processors.count, "a flow needs one processor for each of the graph's")
    topology = FlowTopology(graph, injected: Set(injected.map(\.processor)))
    self.processors = processors
    self.environment = environment
    self.errors = errors
    self.injected = injected
    self.timeout = timeout
    self.grace = grace
    self.graceAfterSignal = graceAfterSignal
    self.listener = listener
    commitContext = CommitContext(
      topology: topology, environment: environment, flow: graph.name)
    scheduler = Scheduler(SchedulerState(topology, triggersSources: triggersSources))
    statistics = RunStatistics(topology)
    outsideWaits = OutsideWaits(processorCount: topology.nodes.count)
    lineages = LineageTracker(executor: environment.executor)
    tasks = RunningTasks(executor: environment.executor)
    timers = Timers(time: environment.time)
    lineages.reportFailures { [weak self] in self?.noteHandlerFailure($0) }
    environment.handlerBulletins.deliver { [weak self] in self?.post($0) }
  }

  /// Runs the flow to its end: every source is exhausted, every queue is empty, every session and lineage handler has
  /// completed. After a stop, remaining FlowFiles end as the stop prescribes. Must be called at most once.
  package func run() async -> FlowResult {
    let isFirst = hasRun.withLock { hasRun in
      defer { hasRun = true }
      return !hasRun
    }
    precondition(isFirst, "a flow runs once")
    for flowFile in injected { inject(flowFile) }
    if let timeout { timers.schedule(after: timeout) { [weak self] in self?.timeUp() } }
    perform(scheduler.start())
    await drained.wait()
    // The handlers of the last lineages may still run although all queues are empty.
    await lineages.finish()
    timers.close()
    return statistics.result(queueHighWater: scheduler.snapshot().processors.map(\.queueHighWater))
  }

  /// First signal. Sources are no longer triggered and sessions are notified; penalised FlowFiles and those waiting for
  /// a retry end as deferred; the rest is processed as far as the grace period allows.
  package func stop() {
    statistics.noteSignal()
    beginGrace(graceAfterSignal)
    perform(scheduler.drain())
  }

  /// Second signal. No processor is triggered; running sessions are cancelled and awaited; queued FlowFiles, and those
  /// whose sessions cannot commit, are abandoned.
  package func stopNow() {
    statistics.noteSignal()
    // Before the cancellation: a session that it ends must find the mode that abandons its FlowFiles.
    perform(scheduler.abort())
    tasks.cancelAll()
  }

  /// Live counters and queue sizes, for progress displays.
  package func snapshot() -> FlowSnapshot {
    let (queues, states) = scheduler.snapshot()
    return FlowSnapshot(
      flowfiles: statistics.flowFiles(), processors: statistics.processorReports(queueHighWater: states.map(\.queueHighWater)), queues: queues,
      running: states.map(\.runningCount), outside: outsideWaits.current, yields: states.map(\.yieldUntil), exhausted: states.map(\.isExhausted),
      isStopping: scheduler.mode > .running, openLineageCount: lineages.openCount)
  }

  // MARK: Steps

  private func timeUp() {
    statistics.noteTimeout()
    listener.send(.timedOut)
    beginGrace(grace)
    perform(scheduler.drain())
  }

  /// Stops because of a failure of the whole run: no processor is triggered, queued FlowFiles are deferred, and running
  /// sessions are awaited as far as the grace period allows.
  func halt(because trouble: StopRun) {
    note(trouble)
    beginGrace(grace)
    perform(scheduler.halt())
  }

  /// Records a failure of the whole run and reports it to the listener.
  func note(_ trouble: StopRun) {
    if statistics.noteTrouble(trouble) { listener.send(.trouble(trouble)) }
  }

  /// Posts a bulletin of the run as a whole and reports it to the listener.
  func post(_ bulletin: Bulletin) {
    statistics.post(bulletin)
    listener.send(.bulletins([bulletin]))
  }

  private func noteHandlerFailure(_ error: any Error) {
    if let error = error as? ProcessorError, error.failure.isLeftToOthers {
      return post(Bulletin(.warning, processor: "", subject: SessionCommit.leftToOthers, detail: error.failure.message))
    }
    post(Bulletin(.error, processor: "", subject: "what follows the end of a FlowFile failed", detail: "\(error)"))
    if let trouble = error as? StopRun {
      halt(because: trouble)
    } else {
      note(StopRun(.failed, .internal, "what follows the end of a FlowFile failed: \(error)"))
    }
  }

  private func inject(_ injected: InjectedFlowFile) {
    let node = topology.nodes[injected.processor]
    var flowFile = FlowFile(
      id: injected.id, attributes: injected.attributes, content: injected.content, lineage: lineages.makeID(),
      ancestors: injected.ancestors, created: environment.time.now)
    flowFile.response = injected.response
    flowFile.inherit(way: injected.way.filter(topology.nodes.indices.contains))
    var counters = CounterChanges(processor: injected.processor)
    counters.created = 1
    statistics.apply(counters)
    if listener.wantsFlowFiles(node.name) == .all {
      listener.send(.flowFiles([FlowFileEvent(kind: .created, flowFile: flowFile, processor: node.name, time: environment.time.now)]))
    }
    lineages.apply(
      LineageChanges(
        opened: [.init(lineage: flowFile.lineage, parent: nil, onEnd: injected.onEnd ?? { _ in })],
        created: [flowFile.lineage]))
    guard node.acceptsInput, let queue = topology.injectionQueue(of: injected.processor) else {
      post(
        Bulletin(
          .error, processor: node.name, subject: "cannot take an injected FlowFile", detail: flowFile.id.text))
      end([.init(flowFile: flowFile, processor: injected.processor, ending: .deferred)])
      return
    }
    scheduler.inject(flowFile, into: queue)
  }
}
