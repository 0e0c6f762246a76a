import FlowCore

/// Decides which processors can be triggered.
extension SchedulerState {
  /// Starts triggers of the candidates, furthest downstream first, because finishing work frees queue space.
  mutating func startReady(_ candidates: [Int], _ actions: inout SchedulerActions) {
    guard mode < .halted else { return }
    for candidate in candidates {
      while let trigger = begin(candidate) { actions.starts.append(trigger) }
    }
    for candidate in candidates {
      if let trigger = relieve(topology.nodes[candidate].component) { actions.starts.append(trigger) }
    }
    if actions.starts.count > 1 {
      // A stable order: by component, then in order of discovery.
      let ranked = actions.starts.enumerated().sorted {
        (topology.nodes[$0.element.processor].component, $0.offset) < (topology.nodes[$1.element.processor].component, $1.offset)
      }
      actions.starts = ranked.map(\.element)
    }
  }

  /// Reserves a slot of the processor, and its first FlowFile, if it can run now.
  private mutating func begin(_ processor: Int) -> Trigger? {
    guard hasFreeSlot(processor), !topology.nodes[processor].outgoing.contains(where: { connections[$0].isFull })
    else { return nil }
    if !processors[processor].held.isEmpty { return beginWithHeld(processor) }
    if let first = takeNext(processor, onlyInsideCycle: false) { return occupy(processor, first) }
    guard mode == .running, !processors[processor].isExhausted else { return nil }
    return occupy(processor, nil)
  }

  private mutating func occupy(_ processor: Int, _ first: TakenFlowFile?, isRelief: Bool = false, isInputEnded: Bool = false) -> Trigger {
    processors[processor].runningCount += 1
    runningCount += 1
    var trigger = Trigger(processor: processor, first: first, isStopping: mode != .running, isInputEnded: isInputEnded, isRelief: isRelief)
    if !processors[processor].held.isEmpty {
      trigger.held = processors[processor].held
      // What is due stays due if the session does not ask for it.
      trigger.heldUntil = processors[processor].isHeldDue ? .zero : processors[processor].heldUntil
      trigger.heldForCount = processors[processor].heldForCount
      processors[processor].held = []
      processors[processor].heldUntil = nil
      processors[processor].isHeldDue = false
    }
    return trigger
  }

  // MARK: What a processor holds

  private mutating func beginWithHeld(_ processor: Int) -> Trigger? {
    // The last that come before the end of the input may be fewer than it wanted.
    let isUpstreamQuiet = isUpstreamQuiet(processor)
    guard isUpstreamQuiet || isHeldWanted(processor) else { return nil }
    let isInputEnded = isUpstreamQuiet && isQuiet(processor)
    let first = takeNext(processor, onlyInsideCycle: false)
    guard first != nil || isInputEnded || processors[processor].isHeldDue else { return nil }
    return occupy(processor, first, isInputEnded: isInputEnded)
  }

  /// Its time has come, or enough further FlowFiles have, or a queue can take no more.
  private func isHeldWanted(_ processor: Int) -> Bool {
    if processors[processor].isHeldDue { return true }
    var available = 0
    for connection in topology.nodes[processor].incoming {
      if connections[connection].isFull { return true }
      available += connections[connection].availableCount
    }
    return available >= processors[processor].heldForCount
  }

  /// Whether nothing more can come to a processor's queues before it deals with what it holds. What others hold in the same cycle does not count,
  /// because they may wait for this one.
  private func isUpstreamQuiet(_ processor: Int) -> Bool {
    let node = topology.nodes[processor]
    return node.upstream.allSatisfy { other in
      let isSource = mode == .running && !processors[other].isExhausted
      let mayStillSend = !processors[other].held.isEmpty && topology.nodes[other].component != node.component
      return processors[other].runningCount == 0 && !isSource && !mayStillSend && isQuiet(other)
    }
  }

  /// Whether nothing waits in front of a processor.
  private func isQuiet(_ processor: Int) -> Bool {
    topology.nodes[processor].incoming.allSatisfy { connections[$0].availableCount == 0 && connections[$0].penalisedCount == 0 }
  }

  private func hasFreeSlot(_ processor: Int) -> Bool {
    processors[processor].runningCount < topology.nodes[processor].concurrency && processors[processor].yieldUntil == nil
  }

  /// Takes the next FlowFile from a processor's queues, round robin.
  mutating func takeNext(_ processor: Int, onlyInsideCycle: Bool) -> TakenFlowFile? {
    let incoming = topology.nodes[processor].incoming
    for step in incoming.indices {
      let place = (processors[processor].incomingCursor + step) % incoming.count
      let connection = incoming[place]
      if onlyInsideCycle && !topology.connections[connection].isInsideCycle { continue }
      if let entry = connections[connection].take() {
        processors[processor].incomingCursor = (place + 1) % incoming.count
        return TakenFlowFile(connection: connection, entry: entry)
      }
    }
    return nil
  }

  // MARK: Blocked cycles

  /// Lets one member of a cycle run despite a full output queue if the cycle is deadlocked.
  ///
  /// A cycle is deadlocked if none of its members runs or is about to run, and every member with input waits only for
  /// queues inside the cycle. (Queues outside will drain by themselves.) The member only takes FlowFiles from inside
  /// the cycle: one leaves a queue for each that enters one, so the cycle does not get fuller, and its predecessor can
  /// then run.
  private mutating func relieve(_ component: Int) -> Trigger? {
    let members = topology.components[component]
    guard members.count > 1, mode < .halted, isBlocked(members) else { return nil }
    for step in members.indices {
      let place = (reliefCursors[component] + step) % members.count
      guard let first = takeNext(members[place], onlyInsideCycle: true) else { continue }
      reliefCursors[component] = (place + 1) % members.count
      return occupy(members[place], first, isRelief: true)
    }
    return nil
  }

  private func isBlocked(_ members: [Int]) -> Bool {
    members.allSatisfy { member in
      guard processors[member].runningCount == 0 else { return false }
      guard topology.nodes[member].incoming.contains(where: { connections[$0].availableCount > 0 }) else { return true }
      return processors[member].yieldUntil == nil
        && topology.nodes[member].outgoing.allSatisfy { topology.connections[$0].isInsideCycle || !connections[$0].isFull }
    }
  }
}
