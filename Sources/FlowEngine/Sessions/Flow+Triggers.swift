import FlowCore

/// Runs triggers: a session, the processor, the end of the session.
extension Flow {
  /// Triggers that a task runs one after the other before it gives way to the others on its executor.
  private static let triggersPerTurn = 32

  /// Runs a trigger and goes on with what its end makes ready, so that a FlowFile that passes through costs no task at each step.
  func runTriggers(from first: Trigger) async {
    var next: Trigger? = first
    var count = 0
    while let trigger = next {
      if count == Self.triggersPerTurn {
        count = 0
        await Task.yield()
      }
      count += 1
      next = await run(trigger)
    }
  }

  /// Runs one trigger; returns the next one for this task.
  private func run(_ trigger: Trigger) async -> Trigger? {
    let node = topology.nodes[trigger.processor]
    let input = SessionInput(trigger, limit: node.batch, scheduler: scheduler)
    let session = ProcessSession(
      processor: node.name, environment: environment, isStopping: trigger.isStopping, take: { input.next() },
      openLineage: { [lineages] in lineages.makeID() },
      countOutside: { [statistics] counter, delta in statistics.count(counter, delta, of: trigger.processor) })
    let started = environment.time.monotonic
    var thrown: (any Error)?
    do { try await processors[trigger.processor].process(session) } catch { thrown = error }
    let now = environment.time.monotonic
    var commit = SessionCommit(trigger.processor, context: observedContext, busy: now - started, now: now)
    decide(&commit, session, input, thrown)
    await makeEntriesDurable(&commit, session, input)
    return carryOut(commit.plan, of: trigger.processor)
  }

  private var observedContext: CommitContext {
    var context = commitContext
    context.isObserved = listener.wantsFlowFiles()
    return context
  }

  private func decide(
    _ commit: inout SessionCommit, _ session: ProcessSession, _ input: SessionInput, _ thrown: (any Error)?
  ) {
    switch thrown {
    case nil:
      do { try commit.commit(session, input) } catch { commit.fail(error, input) }
    case let trouble as StopRun:
      halt(because: trouble)
      commit.rollBack(input)
    case let error?:
      // A session that was cancelled fails because of that: it says nothing of its FlowFile.
      if scheduler.mode >= .cutOff { commit.rollBack(input) } else { commit.fail(error, input) }
    }
  }

  /// What goes to the error folder is on disk before anything of the session takes effect; if it cannot be, the run halts and nothing of
  /// the session takes effect.
  private func makeEntriesDurable(
    _ commit: inout SessionCommit, _ session: ProcessSession, _ input: SessionInput
  ) async {
    do {
      for entry in commit.plan.errorEntries { try await errors.write(entry) }
    } catch {
      halt(because: error as? StopRun ?? StopRun(.failed, .disk, "the error folder cannot be written: \(error)"))
      commit = SessionCommit(
        commit.index, context: observedContext, busy: commit.plan.counters.busy, now: environment.time.monotonic)
      commit.abandon(session, input)
    }
  }

  /// The order matters: what is created is counted and in its lineage before another processor can take it and end it.
  private func carryOut(_ plan: CommitPlan, of processor: Int) -> Trigger? {
    statistics.apply(plan.counters, bulletins: plan.bulletins, errorEntryCount: plan.errorEntries.count)
    if let trouble = plan.trouble { note(trouble) }
    for entry in plan.errorEntries { listener.tell(.errorEntry(entry)) }
    if !plan.bulletins.isEmpty { listener.tell(.bulletins(plan.bulletins)) }
    if !plan.events.isEmpty { listener.tell(.flowFiles(plan.events)) }
    lineages.apply(plan.lineages)
    let actions = scheduler.finish(processor, plan.settlement, wantsNext: true)
    perform(actions)
    return actions.next
  }
}
