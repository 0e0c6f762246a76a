import FlowCore

/// Runs a checked graph: triggers its processors, moves FlowFiles between them, and ends when everything has ended.
///
/// Every processor's work runs in tasks on the environment's executor. All methods may be called from any thread; none blocks.
/// The promises (session, retry, back pressure, lineages, stop) are those of the types that keep them: `SessionCommit`,
/// `SchedulerState`, `ConnectionState`, `LineageState`.
package final class Flow: Sendable {
  let topology: FlowTopology
  let processors: [any Processor]
  let environment: RuntimeEnvironment
  let errors: any ErrorSink
  let commitContext: CommitContext
  let scheduler: Scheduler
  let lineages: LineageTracker
  let statistics: RunStatistics
  let tasks: RunningTasks
  let timers: Timers
  private let injected: [InjectedFlowFile]
  private let timeout: Duration?
  let grace: DrainGrace
  /// Set once the run stops.
  let watch = Locked<DrainWatch?>(nil)
  let listener: FlowListener
  /// Opens when nothing runs, nothing is queued and nothing can come any more.
  let drained = Gate()
  private let hasRun = Locked(false)

  /// - Parameters:
  ///   - processors: the graph's processors, in the same order.
  ///   - injected: put into their processors' queues before the start.
  ///   - triggersSources: false for a replay: only what is injected passes through.
  ///   - timeout: after this long the run stops as by a first signal; nil: never.
  ///   - grace: how long the run may take to end once it stops; then what is left is called off, and deferred.
  ///   - listener: is told of everything as it happens. Called on any thread, outside every lock.
  package init(
    graph: FlowGraph, processors: [any Processor], environment: RuntimeEnvironment, errors: any ErrorSink,
    injected: [InjectedFlowFile] = [], triggersSources: Bool = true,
    timeout: Duration? = nil, grace: DrainGrace = DrainGrace(), listener: FlowListener = FlowListener()
  ) {
    precondition(processors.count == graph.processors.count, "a flow needs one processor for each of the graph's")
    topology = FlowTopology(graph, injected: Set(injected.map(\.processor)))
    self.processors = processors
    self.environment = environment
    self.errors = errors
    self.injected = injected
    self.timeout = timeout
    self.grace = grace
    self.listener = listener
    commitContext = CommitContext(
      topology: topology, environment: environment, flow: graph.name)
    scheduler = Scheduler(SchedulerState(topology, triggersSources: triggersSources))
    statistics = RunStatistics(topology)
    lineages = LineageTracker(executor: environment.executor)
    tasks = RunningTasks(executor: environment.executor)
    timers = Timers(time: environment.time)
    lineages.reportFailures { [weak self] in self?.noteHandlerFailure($0) }
  }

  /// Runs the flow to its end: every source has no more, every queue is empty, every session and lineage handler is done; or, after
  /// a stop, what that leaves of it. To be called once.
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
    await lineages.finish()
    timers.close()
    return statistics.result(queueHighWater: scheduler.snapshot().highWater)
  }

  /// First signal. Sources are not triggered any more and sessions are told; what is penalised or waits for a retry ends as deferred;
  /// the rest passes through to its end, as far as the grace allows.
  package func stop() {
    statistics.noteSignal()
    beginGrace()
    perform(scheduler.drain())
  }

  /// Second signal. Nothing is triggered any more; running sessions are cancelled, and awaited until they notice; what is queued, and
  /// what they cannot commit, is abandoned.
  package func stopNow() {
    statistics.noteSignal()
    perform(scheduler.abort())
    tasks.cancelAll()
  }

  /// Live counters and queue sizes, for a progress display.
  package func snapshot() -> FlowSnapshot {
    let (queues, running, highWater) = scheduler.snapshot()
    return FlowSnapshot(
      flowfiles: statistics.flowFiles(), processors: statistics.processorReports(queueHighWater: highWater), queues: queues,
      running: running, isStopping: scheduler.mode > .running, openLineageCount: lineages.openCount)
  }

  // MARK: Steps

  private func timeUp() {
    statistics.noteTimeout()
    listener.tell(.timedOut)
    beginGrace()
    perform(scheduler.drain())
  }

  /// Trouble of the whole run: nothing more is triggered, what is queued is deferred; sessions that run are awaited, as far as the grace
  /// allows.
  func halt(because trouble: StopRun) {
    note(trouble)
    beginGrace()
    perform(scheduler.halt())
  }

  /// Notes what makes the run a failed one, and tells it.
  func note(_ trouble: StopRun) {
    if statistics.noteTrouble(trouble) { listener.tell(.trouble(trouble)) }
  }

  /// Notes a bulletin of the run as a whole, and tells it.
  func post(_ bulletin: Bulletin) {
    statistics.post(bulletin)
    listener.tell(.bulletins([bulletin]))
  }

  private func noteHandlerFailure(_ error: any Error) {
    post(Bulletin(.error, processor: "", subject: "a lineage's end could not be handled", detail: "\(error)"))
    if let trouble = error as? StopRun {
      halt(because: trouble)
    } else {
      note(StopRun(.failed, .internal, "a lineage's end could not be handled: \(error)"))
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
    if listener.wantsFlowFiles() {
      listener.tell(.flowFiles([FlowFileEvent(kind: .created, flowFile: flowFile, processor: node.name, time: environment.time.now)]))
    }
    lineages.apply(
      LineageChanges(
        opened: [.init(lineage: flowFile.lineage, parent: nil, onEnd: injected.onEnd ?? { _ in })],
        created: [flowFile.lineage]))
    guard node.acceptsInput, let queue = topology.injectionQueue(of: injected.processor) else {
      post(
        Bulletin(
          .error, processor: node.name, subject: "cannot take a FlowFile that is put in", detail: flowFile.id.text))
      end([.init(flowFile: flowFile, processor: injected.processor, ending: .deferred)])
      return
    }
    scheduler.inject(flowFile, into: queue)
  }
}
