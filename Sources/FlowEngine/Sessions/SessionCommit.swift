import FlowCore

/// Decides the effects of the end of a session: commit, retry, failure or rollback. `Flow+Triggers` carries them out.
///
/// - A FlowFile sent to a relationship under the retry rule, with tries left, is not sent. The FlowFile that the
///   session took returns to its queue in its original form, and everything that the session made from it is discarded.
/// - FlowFiles created by a source are never retried because there is no original to return to.
struct SessionCommit {
  let context: CommitContext
  let index: Int
  /// The steps of FlowFiles that a listener wants.
  let interest: FlowFileInterest
  /// Monotonic.
  let now: Duration
  private(set) var plan: CommitPlan
  /// The session has an effect other than that it is tried again.
  private(set) var isCommitted = false
  /// What is held now has nothing to wait for.
  private var isInputEnded = false
  /// Of those that are sent on.
  private var penalties: [FlowFileID: ProcessSession.Penalty] = [:]
  private var node: FlowTopology.Node { context.topology.nodes[index] }

  /// The wait after an unexpected error (NiFi's administrative yield).
  static let administrativeYield = Duration.seconds(1)
  /// The wait after a processor took no action despite available input (NiFi's bored yield).
  static let idleYield = Duration.milliseconds(10)

  init(_ processor: Int, context: CommitContext, interest: FlowFileInterest, busy: Duration, now: Duration) {
    self.context = context
    self.interest = interest
    index = processor
    self.now = now
    plan = CommitPlan(counters: CounterChanges(processor: processor))
    plan.counters.busy = busy
  }

  // MARK: How a session ends

  /// `process` returned. Throws `ProcessSession.Misuse` if it violated a rule; the plan is then unchanged.
  mutating func commit(_ session: ProcessSession, _ input: SessionInput) throws {
    try session.checkComplete()
    if !input.overdue.isEmpty {
      throw ProcessSession.Misuse(description: "\(input.overdue.count) FlowFiles are held and nothing more can come, but the processor did not ask for them")
    }
    try checkRelationships(session)
    let families = RetriedFamilies(session, input, node)
    admitCreated(session, except: families)
    penalties = session.penalties
    isInputEnded = session.isInputEnded
    for disposition in session.dispositions { settle(disposition, input, except: families) }
    // A retried FlowFile leaves its position as well: it returns as a new arrival after its penalty.
    for taken in input.delivered {
      plan.settlement.acknowledged.append(taken)
      if let cause = families.cause(for: taken) { retry(taken, cause) }
    }
    if let untouched = input.reserved { plan.settlement.putBack.append(untouched) }
    if !input.untouchedHeld.isEmpty { plan.settlement.putBack += input.untouchedHeld }
    plan.settlement.heldUntil = session.heldFor.map { now + $0 } ?? input.untouchedUntil
    plan.settlement.heldForCount = session.heldFor == nil && session.heldForCount == 1 ? input.untouchedForCount : session.heldForCount
    isCommitted = !families.isEverything(of: session)
    if isCommitted { count(session) }
    wait(session, input)
  }

  /// `process` threw, or violated a rule. The session is rolled back; its originals are retried or go to `failure`.
  mutating func fail(_ error: any Error, _ input: SessionInput) {
    let failure: FlowFileFailure
    if let expected = error as? ProcessorError {
      failure = expected.failure
    } else {
      failure = FlowFileFailure(cause: .internal, message: "\(error)")
      plan.settlement.yieldUntil = now + Self.administrativeYield
    }
    // What is held and was not asked for would be offered again at once, for ever, if nothing more can come.
    let originals = input.all + input.overdue
    for taken in originals {
      plan.settlement.acknowledged.append(taken)
      let attempt = taken.attempts + 1
      if let rule = node.retry, node.outputs[node.failureOutput].isRetried, attempt < rule.attempts, !failure.isLeftToOthers {
        retry(taken, RetriedFamilies.Reason(relationship: Relationship.failureName, failure: failure))
      } else {
        received(taken.flowFile)
        send(taken.flowFile, node.failureOutput, failure: failure, attempt: attempt)
      }
    }
    if input.overdue.isEmpty { plan.settlement.putBack += input.untouchedHeld }
    plan.settlement.heldUntil = input.untouchedUntil
    plan.settlement.heldForCount = input.untouchedForCount
    if originals.isEmpty { failSource(failure) }
  }

  /// The run halts or is aborted: the originals are put back, and the scheduler ends them.
  mutating func rollBack(_ input: SessionInput) {
    plan.settlement.putBack = input.all + input.untouchedHeld
  }

  /// An error entry cannot be written and the run halts: the originals are put back, and FlowFiles without a parent end
  /// as deferred, so that their lineage handlers are called.
  mutating func abandon(_ session: ProcessSession, _ input: SessionInput) {
    rollBack(input)
    for created in session.created where created.parent == nil {
      admit(created)
      end(created.flowFile, .deferred)
    }
  }

  // MARK: Steps

  private func checkRelationships(_ session: ProcessSession) throws {
    if session.holdsSome, !node.holds || session.isInputEnded && !session.isStopping, case .held(let held)? = session.dispositions.first(where: \.isHeld) {
      throw ProcessSession.Misuse(
        description: "FlowFile \(held.flowFile.id) was held, but \(node.holds ? "nothing more can come" : "the processor does not declare that it holds any")")
    }
    for case .transferred(_, let relationship) in session.dispositions {
      guard let output = node.output(of: relationship), !node.outputs[output].targets.isEmpty else {
        throw ProcessSession.Misuse(description: "transfer to relationship '\(relationship)', which leads nowhere")
      }
    }
  }

  private mutating func admitCreated(_ session: ProcessSession, except families: RetriedFamilies) {
    for created in session.created where !families.contains(created.flowFile.id) { admit(created) }
  }

  private mutating func admit(_ created: ProcessSession.Created) {
    plan.counters.created += 1
    let flowFile = created.flowFile
    if let onEnd = created.onEnd {
      var parents: Set<LineageID> = []
      if let parent = created.parent { parents.insert(parent.lineage) }
      for parent in created.otherParents { parents.insert(parent.lineage) }
      plan.lineages.opened.append(.init(lineage: flowFile.lineage, parents: parents, onEnd: onEnd))
    }
    plan.lineages.created.append(flowFile.lineage)
    note(created.parent.map { .descended(from: $0.id) } ?? .created, flowFile)
    for parent in created.otherParents { note(.descended(from: parent.id), flowFile) }
  }

  private mutating func settle(
    _ disposition: ProcessSession.Disposition, _ input: SessionInput, except families: RetriedFamilies
  ) {
    switch disposition {
    case .transferred(let flowFile, let relationship):
      guard !families.contains(flowFile.id), let output = node.output(of: relationship) else { return }
      let taken = input.taken(flowFile.id)
      if taken != nil { received(flowFile) }
      send(flowFile, output, failure: flowFile.failure, attempt: (taken?.attempts ?? 0) + 1)
    case .requeued(let flowFile, let penalty):
      guard !families.contains(flowFile.id), let taken = input.taken(flowFile.id) else { return }
      requeue(flowFile, taken, penalty)
    case .removed(let flowFile):
      guard !families.contains(flowFile.id) else { return }
      if input.taken(flowFile.id) != nil { received(flowFile) }
      end(flowFile, .removed)
    case .held(let held):
      guard !families.contains(held.flowFile.id), let taken = input.taken(held.flowFile.id) else { return }
      // Nothing can come any more, because the run stops: as with a penalty.
      if isInputEnded { return end(held.flowFile, .deferred) }
      plan.settlement.arrivals.append(
        .init(connection: taken.connection, queued: QueuedFlowFile(held.flowFile, attempts: taken.attempts), mode: .held(since: held.since)))
    }
  }

  private mutating func received(_ flowFile: FlowFile) {
    plan.counters.received += 1
    plan.counters.bytes += flowFile.content.sizeBytes
  }

  private mutating func count(_ session: ProcessSession) {
    plan.counters.own = session.counters
    plan.bulletins += session.bulletins
  }

  private mutating func wait(_ session: ProcessSession, _ input: SessionInput) {
    let isIdle = input.delivered.isEmpty && session.created.isEmpty
    if let requested = session.yieldDuration {
      plan.settlement.yieldUntil = now + requested
    } else if isIdle && input.reserved != nil {
      plan.settlement.yieldUntil = now + Self.idleYield
    }
    let hadNoOutput = isIdle && input.reserved == nil && session.yieldDuration == nil
    plan.settlement.isExhausted = session.isExhausted || hadNoOutput
  }

  private mutating func requeue(_ flowFile: FlowFile, _ taken: TakenFlowFile, _ penalty: ProcessSession.Penalty) {
    let queued = QueuedFlowFile(flowFile, attempts: taken.attempts)
    let isPenalised = penalty.duration > .zero
    if isPenalised { plan.counters.penalised += 1 }
    plan.settlement.arrivals.append(
      .init(
        connection: taken.connection, queued: queued,
        mode: isPenalised ? .penalised(until: now + penalty.duration, reason: penalty.reason, isCounted: penalty.isCounted) : .requeued))
    note(.requeued(penalty: penalty.duration), flowFile)
  }

  private mutating func retry(_ taken: TakenFlowFile, _ reason: RetriedFamilies.Reason) {
    guard let rule = node.retry else { return }
    // Restore it without this try's failure: if a later try succeeds, a failure further on has another reason.
    let flowFile = taken.flowFile
    let attempt = taken.attempts + 1
    if let failure = reason.failure {
      plan.bulletins.append(
        Bulletin(.info, processor: node.name, subject: "retried: \(failure.cause.rawValue)", detail: failure.message))
    }
    let penalty = rule.penalty(
      afterAttempt: attempt, failure: reason.failure, random: context.environment.random)
    plan.counters.retried += 1
    plan.counters.penalised += 1
    plan.settlement.arrivals.append(
      .init(
        connection: taken.connection, queued: QueuedFlowFile(flowFile, attempts: attempt),
        mode: .penalised(until: now + penalty, reason: "retry")))
    note(.retried(relationship: reason.relationship, penalty: penalty), flowFile)
  }

  /// A failing source has no FlowFile that could carry the failure, so the run continues without it and counts as
  /// failed.
  private mutating func failSource(_ failure: FlowFileFailure) {
    plan.settlement.isExhausted = true
    plan.counters.failed += 1
    plan.bulletins.append(
      Bulletin(.error, processor: node.name, subject: failure.cause.rawValue, detail: failure.message))
    plan.trouble = StopRun(.failed, failure.cause, "\(node.name): \(failure.message)")
  }
}

// MARK: - Sending out

extension SessionCommit {
  /// Sends a FlowFile to every destination of an output: the original to the first, clones to the others.
  private mutating func send(_ flowFile: FlowFile, _ outputIndex: Int, failure: FlowFileFailure?, attempt: Int) {
    let output = node.outputs[outputIndex]
    var flowFile = flowFile
    flowFile.leave(index)
    plan.counters.sent.append(outputIndex)
    if outputIndex == node.failureOutput || output.targets.contains(.errors) || failure?.isLeftToOthers == true {
      flowFile.failure = explain(failure, output.relationship, attempt: attempt)
      post(flowFile.failure)
      if flowFile.failure?.isLeftToOthers != true { plan.counters.failed += 1 }
    }
    // Most have none, and a look into an empty dictionary hashes the id all the same.
    let penalty = penalties.isEmpty ? nil : penalties[flowFile.id]
    let mode = penalty.map { Settlement.Arrival.Mode.delayed(until: now + $0.duration, reason: $0.reason) } ?? .transferred
    deliver(flowFile, output, output.targets[0], mode)
    for target in output.targets.dropFirst() { deliver(clone(flowFile), output, target, mode) }
  }

  /// The subject of bulletins about failures with `isLeftToOthers`.
  static let leftToOthers = "left to others"

  private func explain(_ failure: FlowFileFailure?, _ relationship: String, attempt: Int) -> FlowFileFailure {
    var failure = failure ?? FlowFileFailure(cause: .badData, message: "was sent out by relationship '\(relationship)'")
    failure.attempts = attempt
    return failure
  }

  private mutating func post(_ failure: FlowFileFailure?) {
    guard let failure else { return }
    plan.bulletins.append(
      Bulletin(
        failure.cause == .internal ? .error : .warning, processor: node.name,
        subject: failure.isLeftToOthers ? Self.leftToOthers : failure.cause.rawValue, detail: failure.message))
  }

  private mutating func clone(_ flowFile: FlowFile) -> FlowFile {
    var clone = FlowFile(
      id: FlowFileID(context.environment.random), attributes: flowFile.attributes, content: flowFile.content,
      lineage: flowFile.lineage, ancestors: flowFile.ancestors + [flowFile.id], created: context.environment.time.now)
    clone.failure = flowFile.failure
    clone.response = flowFile.response
    clone.responseClaim = flowFile.responseClaim
    clone.finding = flowFile.finding
    clone.inherit(way: flowFile.way)
    plan.counters.created += 1
    plan.lineages.created.append(clone.lineage)
    note(.descended(from: flowFile.id), clone)
    return clone
  }

  private mutating func deliver(
    _ flowFile: FlowFile, _ output: FlowTopology.Output, _ target: FlowTopology.Target, _ mode: Settlement.Arrival.Mode
  ) {
    switch target {
    case .connection(let connection):
      if interest != .none {
        let destination = context.topology.connections[connection].destination
        note(.routed(relationship: output.relationship, to: context.topology.nodes[destination].name), flowFile)
      }
      plan.settlement.arrivals.append(
        .init(connection: connection, queued: QueuedFlowFile(flowFile), mode: mode))
    case .errors:
      note(.routed(relationship: output.relationship, to: "errors"), flowFile)
      let failure = flowFile.failure ?? explain(nil, output.relationship, attempt: 1)
      guard !failure.isLeftToOthers else { return end(flowFile, .deferred) }
      plan.errorEntries.append(entry(flowFile, output.relationship, failure))
      end(flowFile, .inErrors(failure))
    case .deferred:
      note(.routed(relationship: output.relationship, to: "defer"), flowFile)
      end(flowFile, .deferred)
    case .drop:
      note(.routed(relationship: output.relationship, to: "drop"), flowFile)
      end(flowFile, .finished)
    }
  }

  private func entry(_ flowFile: FlowFile, _ relationship: String, _ failure: FlowFileFailure) -> ErrorEntry {
    ErrorEntry(
      flow: context.flow, run: context.environment.run, flowFile: flowFile,
      lineage: (flowFile.ancestors + [flowFile.id]).map(\.text), way: flowFile.way.map { context.topology.nodes[$0].name },
      processor: node.name, processorType: node.type,
      relationship: relationship, failure: failure, flowSHA256: context.environment.flowSHA256,
      time: context.environment.time.now)
  }

  private mutating func end(_ flowFile: FlowFile, _ ending: Ending) {
    plan.counters.endings.append(ending)
    plan.lineages.ended.append((flowFile.lineage, ending))
    note(.ended(ending), flowFile)
  }

  private mutating func note(_ kind: FlowFileEvent.Kind, _ flowFile: FlowFile) {
    switch interest {
    case .none: return
    case .sent: guard case .routed = kind else { return }
    case .all: break
    }
    plan.events.append(
      FlowFileEvent(kind: kind, flowFile: flowFile, processor: node.name, time: context.environment.time.now))
  }
}
