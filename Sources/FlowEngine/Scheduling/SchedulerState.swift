import FlowCore

/// The queues of a run and the decision which processors can run: pure decisions without threads, clocks or effects.
///
/// Queues and readiness share one state because readiness depends on several queues at once; separate states could lose
/// a wake-up. The cost of an event is proportional to the FlowFiles it moves and the neighbours it touches, not to the
/// queue sizes.
///
/// Like in NiFi, back-pressure is checked before a trigger. A queue may exceed its threshold by the output of active
/// triggers: at most concurrency × output of one trigger for each processor that feeds it.
struct SchedulerState: Sendable {
  struct ProcessorState: Sendable {
    var runningCount = 0
    var yieldUntil: Duration?
    var isExhausted = false
    /// The incoming connection at which the next round-robin search starts.
    var incomingCursor = 0
    /// What it holds between its triggers, oldest first.
    var held: [TakenFlowFile] = []
    /// When it wants them again (monotonic).
    var heldUntil: Duration?
    /// That time has come.
    var isHeldDue = false
    /// With how many further FlowFiles it wants them.
    var heldForCount = 1
    /// The largest number of FlowFiles that waited for it at once.
    var queueHighWater = 0
  }

  let topology: FlowTopology
  var mode = RunMode.running
  var connections: [ConnectionState]
  var processors: [ProcessorState]
  var runningCount = 0
  /// The number of sources that are not exhausted.
  var pendingSources: Int
  /// The earliest scheduled wake-up (monotonic).
  private var armedWake: Duration?
  /// For each component, the member that is tried first when the cycle is deadlocked.
  var reliefCursors: [Int]

  init(_ topology: FlowTopology, triggersSources: Bool = true) {
    self.topology = topology
    connections = topology.connections.map { ConnectionState($0.limits) }
    processors = topology.nodes.map { ProcessorState(isExhausted: !($0.isSource && triggersSources)) }
    pendingSources = processors.count { !$0.isExhausted }
    reliefCursors = Array(repeating: 0, count: topology.components.count)
  }

  // MARK: Events

  /// Places an injected FlowFile in a queue, before the start.
  mutating func inject(_ flowFile: FlowFile, into connection: Int) {
    connections[connection].append(QueuedFlowFile(flowFile))
    noteHighWater(topology.connections[connection].destination)
  }

  mutating func start() -> SchedulerActions {
    var actions = SchedulerActions()
    startReady(Array(topology.nodes.indices), &actions)
    conclude(&actions)
    return actions
  }

  /// Takes the next FlowFile for a running trigger.
  mutating func take(_ processor: Int, isRelief: Bool) -> TakenFlowFile? {
    mode >= .halted ? nil : takeNext(processor, onlyInsideCycle: isRelief)
  }

  /// Ends a trigger. With `wantsNext`, one of the triggers that can now start is returned for the caller's task,
  /// preferably of the same processor.
  mutating func finish(_ processor: Int, _ settlement: Settlement, wantsNext: Bool) -> SchedulerActions {
    var actions = SchedulerActions()
    precondition(processors[processor].runningCount > 0 && runningCount > 0, "a trigger has ended that had not begun")
    processors[processor].runningCount -= 1
    runningCount -= 1
    if settlement.isExhausted { exhaust(processor) }
    if let until = settlement.yieldUntil { yield(processor, until: until, &actions) }
    var candidates = [processor]
    for taken in settlement.acknowledged { acknowledge(taken, &candidates) }
    for taken in settlement.putBack { putBack(taken, &actions) }
    for arrival in settlement.arrivals { receive(arrival, &candidates, &actions) }
    if !processors[processor].held.isEmpty { waitWithHeld(processor, settlement, &actions) }
    for candidate in candidates { noteHighWater(candidate) }
    // What a processor holds may be due because this trigger was the last that could have brought more.
    for holder in topology.holders where !processors[holder].held.isEmpty && !candidates.contains(holder) { candidates.append(holder) }
    startReady(candidates, &actions)
    if wantsNext, !actions.starts.isEmpty {
      actions.next = actions.starts.remove(at: actions.starts.firstIndex { $0.processor == processor } ?? 0)
    }
    conclude(&actions)
    return actions
  }

  /// Handles the wake-up that was scheduled for `due`.
  mutating func wake(for due: Duration, at now: Duration) -> SchedulerActions {
    // A wake-up that was superseded by an earlier one must not clear that one.
    if armedWake == due { armedWake = nil }
    var actions = SchedulerActions()
    for index in connections.indices { connections[index].release(at: now) }
    for index in processors.indices {
      if let until = processors[index].yieldUntil, until <= now { processors[index].yieldUntil = nil }
      if let until = processors[index].heldUntil, until <= now {
        processors[index].heldUntil = nil
        processors[index].isHeldDue = true
      }
    }
    startReady(Array(topology.nodes.indices), &actions)
    if let earliest = earliestWake() { arm(earliest, &actions) }
    conclude(&actions)
    return actions
  }

  /// First signal: sources are not triggered, penalised FlowFiles end as deferred, the rest drains.
  mutating func drain() -> SchedulerActions {
    change(to: .draining, ending: .deferred) { $0.removePenalised() }
  }

  /// Failure of the whole run: no processor is triggered, FlowFiles not in flight end as deferred.
  mutating func halt() -> SchedulerActions {
    change(to: .halted, ending: .deferred) { $0.removeAll() }
  }

  /// The grace period is over: no processor is triggered, FlowFiles not in flight end as deferred; the caller cancels
  /// running tasks.
  mutating func cutOff() -> SchedulerActions {
    change(to: .cutOff, ending: .deferred) { $0.removeAll() }
  }

  /// Second signal: no processor is triggered, FlowFiles not in flight are abandoned.
  mutating func abort() -> SchedulerActions {
    change(to: .aborted, ending: .abandoned) { $0.removeAll() }
  }

  private mutating func change(
    to newMode: RunMode, ending: Ending, _ remove: (inout ConnectionState) -> [QueuedFlowFile]
  ) -> SchedulerActions {
    var actions = SchedulerActions()
    guard mode < newMode else { return actions }
    mode = newMode
    for index in connections.indices {
      let processor = topology.connections[index].destination
      actions.ended += remove(&connections[index]).map { .init(flowFile: $0.flowFile, processor: processor, ending: ending) }
    }
    if mode >= .halted {
      for index in processors.indices {
        for taken in processors[index].held { end(taken.entry.queued, in: taken.connection, &actions) }
        processors[index].held = []
      }
    }
    startReady(Array(topology.nodes.indices), &actions)
    conclude(&actions)
    return actions
  }

  // MARK: Steps

  private mutating func exhaust(_ processor: Int) {
    guard !processors[processor].isExhausted else { return }
    precondition(pendingSources > 0, "a source is exhausted that was not counted")
    processors[processor].isExhausted = true
    pendingSources -= 1
  }

  private mutating func yield(_ processor: Int, until: Duration, _ actions: inout SchedulerActions) {
    processors[processor].yieldUntil = max(processors[processor].yieldUntil ?? until, until)
    arm(until, &actions)
  }

  /// Notes when the processor wants what it holds.
  private mutating func waitWithHeld(_ processor: Int, _ settlement: Settlement, _ actions: inout SchedulerActions) {
    processors[processor].heldUntil = settlement.heldUntil
    processors[processor].heldForCount = settlement.heldForCount
    if let until = settlement.heldUntil { arm(until, &actions) }
  }

  private mutating func acknowledge(_ taken: TakenFlowFile, _ candidates: inout [Int]) {
    // It left the queue when it was held.
    guard taken.heldSince == nil else { return }
    let wasFull = connections[taken.connection].isFull
    connections[taken.connection].acknowledge(taken.entry)
    guard wasFull, let source = topology.connections[taken.connection].source else { return }
    note(source, &candidates)
  }

  private mutating func putBack(_ taken: TakenFlowFile, _ actions: inout SchedulerActions) {
    if taken.heldSince != nil {
      if mode >= .halted {
        end(taken.entry.queued, in: taken.connection, &actions)
      } else {
        processors[topology.connections[taken.connection].destination].held.append(taken)
      }
      return
    }
    guard mode >= .halted else {
      connections[taken.connection].putBack(taken.entry)
      return
    }
    connections[taken.connection].acknowledge(taken.entry)
    end(taken.entry.queued, in: taken.connection, &actions)
  }

  private mutating func receive(
    _ arrival: Settlement.Arrival, _ candidates: inout [Int], _ actions: inout SchedulerActions
  ) {
    if mode >= .halted || (mode == .draining && !arrival.mode.isForNow) {
      end(arrival.queued, in: arrival.connection, &actions)
      return
    }
    switch arrival.mode {
    case .penalised(let until, let reason, let isCounted):
      connections[arrival.connection].penalise(arrival.queued, until: until, because: reason, isCounted: isCounted)
      arm(until, &actions)
    case .delayed(let until, let reason):
      connections[arrival.connection].penalise(arrival.queued, until: until, because: reason)
      arm(until, &actions)
    case .transferred, .requeued: connections[arrival.connection].append(arrival.queued)
    case .held(let since):
      let taken = TakenFlowFile(connection: arrival.connection, entry: QueueEntry(arrival.queued, sequence: 0, prioritise: nil), heldSince: since)
      processors[topology.connections[arrival.connection].destination].held.append(taken)
    }
    note(topology.connections[arrival.connection].destination, &candidates)
  }

  /// Ends a FlowFile that cannot wait any longer in the current mode.
  private func end(_ queued: QueuedFlowFile, in connection: Int, _ actions: inout SchedulerActions) {
    actions.ended.append(
      .init(
        flowFile: queued.flowFile, processor: topology.connections[connection].destination,
        ending: mode == .aborted ? .abandoned : .deferred))
  }

  /// Neighbours repeat in runs (a session with a thousand children), so comparing with the last one keeps the list
  /// short.
  private func note(_ processor: Int, _ candidates: inout [Int]) {
    if candidates.last != processor { candidates.append(processor) }
  }

  private mutating func noteHighWater(_ processor: Int) {
    let waiting = topology.nodes[processor].incoming.reduce(0) {
      $0 + connections[$1].availableCount + connections[$1].penalisedCount
    }
    processors[processor].queueHighWater = max(processors[processor].queueHighWater, waiting + processors[processor].held.count)
  }

  private mutating func arm(_ due: Duration, _ actions: inout SchedulerActions) {
    // The earlier wake-up arms the next one when it is handled.
    if let armedWake, armedWake <= due { return }
    armedWake = due
    actions.wakeAt = due
  }

  private func earliestWake() -> Duration? {
    let releases = connections.compactMap(\.nextRelease)
    return (releases + processors.compactMap(\.yieldUntil) + processors.compactMap(\.heldUntil)).min()
  }

  private func conclude(_ actions: inout SchedulerActions) {
    guard runningCount == 0, mode != .running || pendingSources == 0 else { return }
    actions.isDrained = connections.allSatisfy { $0.heldCount == 0 } && topology.holders.allSatisfy { processors[$0].held.isEmpty }
  }
}
