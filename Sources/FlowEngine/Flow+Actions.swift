import FlowCore

/// Carries out the scheduler's decisions, outside its lock.
extension Flow {
  func perform(_ actions: SchedulerActions) {
    if !actions.ended.isEmpty { end(actions.ended) }
    for trigger in actions.starts { tasks.start { await self.runTriggers(from: trigger) } }
    if let due = actions.wakeAt {
      timers.schedule(after: due - environment.time.monotonic) { [weak self] in self?.wake(for: due) }
    }
    if actions.isDrained { drained.open() }
  }

  private func wake(for due: Duration) {
    perform(scheduler.wake(for: due, at: environment.time.monotonic))
  }

  /// Records FlowFiles that end in a queue because the run stops.
  func end(_ ended: [SchedulerActions.Ended]) {
    statistics.count(ended.map(\.ending))
    let seen = ended.filter { listener.wantsFlowFiles(topology.nodes[$0.processor].name) == .all }
    if !seen.isEmpty {
      let now = environment.time.now
      listener.send(
        .flowFiles(
          seen.map {
            FlowFileEvent(kind: .ended($0.ending), flowFile: $0.flowFile, processor: topology.nodes[$0.processor].name, time: now)
          }))
    }
    lineages.apply(LineageChanges(ended: ended.map { ($0.flowFile.lineage, $0.ending) }))
  }
}
