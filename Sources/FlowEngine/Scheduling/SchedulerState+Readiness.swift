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
    if let first = takeNext(processor, onlyInsideCycle: false) { return occupy(processor, first) }
    guard mode == .running, !processors[processor].isExhausted else { return nil }
    return occupy(processor, nil)
  }

  private mutating func occupy(_ processor: Int, _ first: TakenFlowFile?, isRelief: Bool = false) -> Trigger {
    processors[processor].runningCount += 1
    runningCount += 1
    return Trigger(processor: processor, first: first, isStopping: mode != .running, isRelief: isRelief)
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
