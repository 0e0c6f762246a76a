import FlowCore

/// Runs triggers: creates the session, calls the processor, ends the session.
extension Flow {
  /// The number of consecutive triggers in one task before it yields to others on the executor.
  private static let triggersPerTurn = 32

  /// Runs a trigger and then the triggers that it makes ready, so that a FlowFile does not need a new task for every
  /// step.
  func runTriggers(from first: Trigger) async {
    var next: Trigger? = first
    var count = 0
    while let trigger = next {
      if count == Self.triggersPerTurn {
        count = 0
        await Task.yield()
      }
      count += 1
      let running = RunningTrigger(trigger, of: self)
      var thrown: (any Error)?
      do { try await processors[trigger.processor].process(running.session) } catch { thrown = error }
      var commit = decide(running, thrown)
      if !commit.plan.errorEntries.isEmpty { await makeEntriesDurable(&commit, running) }
      if commit.isCommitted { running.session.committed() }
      next = carryOut(commit.plan, of: trigger.processor)
    }
  }

  /// A trigger that is being run.
  private struct RunningTrigger {
    let trigger: Trigger
    let input: SessionInput
    let session: ProcessSession
    /// Monotonic.
    let started: Duration

    init(_ trigger: Trigger, of flow: Flow) {
      let node = flow.topology.nodes[trigger.processor]
      self.trigger = trigger
      input = SessionInput(trigger, limit: node.batch, flow: flow)
      session = ProcessSession(processor: node.name, environment: flow.environment, isStopping: trigger.isStopping, isInputEnded: trigger.isInputEnded, host: input)
      started = flow.environment.time.monotonic
    }
  }

  private func decide(_ running: RunningTrigger, _ thrown: (any Error)?) -> SessionCommit {
    let now = environment.time.monotonic
    // Queried for each commit, because listeners may join or leave during the run.
    var commit = SessionCommit(
      running.trigger.processor, context: commitContext, interest: listener.wantsFlowFiles(running.session.processor), busy: now - running.started, now: now)
    switch thrown {
    case nil:
      do { try commit.commit(running.session, running.input) } catch { commit.fail(error, running.input) }
    case let trouble as StopRun:
      halt(because: trouble)
      commit.rollBack(running.input)
    case let error?:
      // A cancelled session fails because of the cancellation, which says nothing about its FlowFile.
      if scheduler.mode >= .cutOff { commit.rollBack(running.input) } else { commit.fail(error, running.input) }
    }
    return commit
  }

  /// Writes error entries durably before anything else of the session takes effect. If that fails, the run halts and
  /// the session has no effect.
  private func makeEntriesDurable(_ commit: inout SessionCommit, _ running: RunningTrigger) async {
    do {
      for entry in commit.plan.errorEntries { try await errors.write(entry) }
    } catch {
      halt(because: error as? StopRun ?? StopRun(.failed, .disk, "the error folder cannot be written: \(error)"))
      commit = SessionCommit(
        commit.index, context: commitContext, interest: commit.interest, busy: commit.plan.counters.busy,
        now: environment.time.monotonic)
      commit.abandon(running.session, running.input)
    }
  }

  /// The order matters: new FlowFiles must be counted and joined to their lineages before another processor can take
  /// and end them.
  private func carryOut(_ plan: CommitPlan, of processor: Int) -> Trigger? {
    statistics.apply(plan.counters, bulletins: plan.bulletins, errorEntryCount: plan.errorEntries.count)
    if let trouble = plan.trouble { note(trouble) }
    for entry in plan.errorEntries { listener.send(.errorEntry(entry)) }
    if !plan.bulletins.isEmpty { listener.send(.bulletins(plan.bulletins)) }
    if !plan.events.isEmpty { listener.send(.flowFiles(plan.events)) }
    lineages.apply(plan.lineages)
    let actions = scheduler.finish(processor, plan.settlement, wantsNext: true)
    perform(actions)
    return actions.next
  }
}
