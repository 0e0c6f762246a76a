import FlowCore
import FlowEngine
import FlowErrors
import StudyModel
import StudyParticipants
import StudyProcessors

/// The closing phase of a run: it always produces a report, whatever fails.
extension Run {
  /// Runs every step. Failures are recorded in the report, which is written last.
  func close(
    _ report: inout RunReport, _ result: FlowResult, _ notes: [Bulletin], _ services: ServiceDirectory, _ folder: ErrorFolder,
    _ errors: CountingErrorSink
  ) async {
    var steps = ClosingSteps()
    let left = await steps.take(orSay: "the error folder cannot be read") { try await sweep(folder, errors, services) }
    report.errors = RunReport.Errors(count: left?.count ?? errors.failures.count, folder: request.errors)
    report.flowFile = request.graph.file
    report.troubles = (left?.troubles ?? []) + waiting(except: left?.troubles ?? [])
    report.models = await buildModels(services, result, &steps)
    let bulletins = notes.map(GroupedBulletin.init) + result.bulletins
    var told = report
    judge(&told, result, bulletins, steps, errors, leavesRetryable: left?.hasRetryable ?? false)
    // A server that has stayed away is not waited for again.
    if result.stopped?.cause == .database { for store in services.stores { store.cutWaitsShort() } }
    report.audit = await steps.take(orSay: "the end of the run cannot be recorded in the audit trail") { [told] in try await endAudit(AuditOutcome(told)) } ?? nil
    await closeProvenance()
    await steps.take(orSay: "the services cannot be closed") { try await services.close() }
    await steps.take(orSay: "connections cannot be closed") { try await closeTransport() }
    await steps.take(orSay: "the folder of large contents cannot be removed") { try await closeContents() }
    report.finished = environment.time.now.text
    judge(&report, result, bulletins, steps, errors, leavesRetryable: left?.hasRetryable ?? false)
    let isNoted = await steps.take(orSay: "the end of the run cannot be recorded in \(request.state)") { [report] in
      try await history.finish(report: report, bulletins: bulletins.map(\.asBulletin))
      return true
    }
    if isNoted == nil { judge(&report, result, bulletins, steps, errors, leavesRetryable: left?.hasRetryable ?? false) }
    for warning in bulletins.map(RunReport.Warning.init) { events.post(.warning(warning)) }
    for failure in steps.failures { events.post(.closingFailed(subject: failure.subject, detail: failure.detail, isFatal: !failure.isWorkLeft)) }
  }

  /// The report of a run that has not begun.
  package func failureReport(_ error: any Error, started: Instant) -> RunReport {
    var report = RunReport(
      run: environment.run, flow: request.graph.name, flowSHA256: request.graph.sha256, started: started.text, finished: environment.time.now.text)
    report.errors.folder = request.errors
    report.exit = RunVerdict.exitCode(of: error).rawValue
    report.stopped = "\(error)"
    return report
  }

  /// Participants who are deferred although no entry says why.
  private func waiting(except troubles: [RunReport.Trouble]) -> [RunReport.Trouble] {
    let explained = Set(troubles.flatMap(\.participants))
    let waiting = register.outcomes.filter { $0.value == .deferred && !explained.contains($0.key) }.keys.sorted()
    return waiting.isEmpty ? [] : [RunReport.Trouble(cause: RunReport.Trouble.waiting, count: 0, participants: waiting, retryable: true)]
  }

  private func sweep(_ folder: ErrorFolder, _ errors: CountingErrorSink, _ services: ServiceDirectory) async throws -> ErrorSweep.Remainder {
    guard let ownership = ownership.withLock({ $0 }) else { preconditionFailure("a flow has run without open databases") }
    let sweep = ErrorSweep(
      folder: folder, ownership: ownership, environment: environment, register: register, now: environment.time.now, isRebuild: request.rebuild != nil,
      failedHere: errors.failures, synchronizeStores: services.synchronizeStores,
      indexFailed: { [events] error in
        events.post(.closingFailed(subject: "the index of the error folder cannot be written", detail: "\(error)", isFatal: false))
      })
    return try await sweep.run(flow: request.graph.name, currentRun: environment.run)
  }

  private func judge(
    _ report: inout RunReport, _ result: FlowResult, _ bulletins: [GroupedBulletin], _ steps: ClosingSteps, _ errors: CountingErrorSink,
    leavesRetryable: Bool
  ) {
    let failures = steps.failures.map {
      GroupedBulletin(level: $0.isWorkLeft ? .warning : .error, processor: "", subject: $0.subject, count: 1, details: [$0.detail])
    }
    report.warnings = (failures + bulletins).filter { $0.level > .info }.map(RunReport.Warning.init)
    report.stopped = result.stopped?.message ?? steps.failures.first { !$0.isWorkLeft }.map { "\($0.subject): \($0.detail)" }
    var facts = facts(report, result, steps, errors)
    // An entry of an earlier run is work that is left, too.
    facts.leavesForLater = facts.leavesForLater || leavesRetryable
    RunVerdict(facts).apply(to: &report)
  }

  private func facts(
    _ report: RunReport, _ result: FlowResult, _ steps: ClosingSteps, _ errors: CountingErrorSink
  ) -> RunVerdict.Facts {
    let causes = errors.failures.map(\.cause)
    let participants = report.participants
    let refused = report.errors.count > 0 ? request.replay : nil
    var facts = RunVerdict.Facts()
    facts.stopped = result.stopped?.reason ?? steps.reason
    facts.hasFailed = !report.flowfiles.isBalanced || steps.reason == .failed
    facts.signal = firstSignal
    facts.timedOut = result.timedOut
    facts.leavesForLater =
      steps.leavesWork || participants.deferred > 0 || report.flowfiles.deferred > 0 || causes.contains(where: \.isRetryable) || refused?.leavesForLater ?? false
    facts.leavesForPerson =
      participants.needsConsent > 0 || participants.failed > 0 || causes.contains { !$0.isRetryable } || refused?.leavesForPerson ?? false
      || report.warnings?.contains { $0.subject == Self.emptyBatch || $0.subject == RebuildSources.notPlaced } ?? false
    return facts
  }

  func makeReport(_ graph: FlowGraph, _ result: FlowResult, started: Instant) -> RunReport {
    var report = RunReport(
      run: environment.run, flow: graph.name, flowSHA256: graph.sha256, started: started.text,
      finished: environment.time.now.text)
    report.flowfiles = result.flowfiles
    report.processors = result.processors
    report.rows = Self.rows(graph, result.processors)
    let outcomes = register.outcomes.values
    report.participants.total = outcomes.count
    report.participants.complete = outcomes.count { $0 == .complete }
    report.participants.deferred = outcomes.count { $0 == .deferred }
    report.participants.needsConsent = outcomes.count { $0 == .needsConsent }
    report.participants.failed = outcomes.count { $0 == .failed }
    report.participants.skipped = outcomes.count { $0 == .skipped }
    return report
  }

  /// Sums the row counters of processors that write a table.
  private static func rows(_ graph: FlowGraph, _ processors: [RunReport.Processor]) -> [String: RunReport.Rows] {
    var rows: [String: RunReport.Rows] = [:]
    for (node, processor) in zip(graph.processors, processors) where node.descriptor.type == WriteRecords.descriptor.type {
      guard case .uses(let table, _, _, _) = node.descriptor.records?(node.values) else { continue }
      rows[table, default: .init()].inserted += Int(processor.counters[WriteRecords.Counter.inserted] ?? 0)
      rows[table, default: .init()].updated += Int(processor.counters[WriteRecords.Counter.updated] ?? 0)
      rows[table, default: .init()].unchanged += Int(processor.counters[WriteRecords.Counter.unchanged] ?? 0)
    }
    return rows
  }
}

extension GroupedBulletin {
  package init(_ bulletin: Bulletin) {
    self.init(level: bulletin.level, processor: bulletin.processor, subject: bulletin.subject, count: 1, details: [bulletin.detail])
  }

  /// For the history: the count and the first details as one text.
  fileprivate var asBulletin: Bulletin {
    Bulletin(level, processor: processor, subject: subject, detail: count > 1 ? "\(count) times: \(shown)" : shown)
  }

  fileprivate var shown: String { details.joined(separator: ", ") + (hasMore ? ", …" : "") }
}

extension RunReport.Warning {
  fileprivate init(_ bulletin: GroupedBulletin) {
    self.init(
      level: bulletin.level.rawValue, processor: bulletin.processor, subject: bulletin.subject, count: bulletin.count,
      detail: bulletin.shown)
  }
}
