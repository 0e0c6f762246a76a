import FlowCore
import FlowEngine
import FlowErrors
import StudyModel
import StudyParticipants

/// The preparation phase of a run: every check that can prevent a run from finishing.
extension Run {
  /// Performs all checks before anything starts. Returns bulletins for the report.
  func prepare(
    _ graph: FlowGraph, _ services: ServiceDirectory, _ folder: ErrorFolder, isSimulated: Bool
  ) async throws -> [Bulletin] {
    try await checkPaths(graph)
    try await ShardCheck(request.selection, services, environment).run()
    var notes = try await checkParticipants(services)
    try goOn()
    try await SpaceSurvey(graph: graph, request: request, environment: environment).check(isSimulated: isSimulated)
    try goOn()
    try await openContents()
    try await open(services, isSimulated: isSimulated)
    if let rebuild = request.rebuild {
      let sources = RebuildSources(request: rebuild, graph: request.graph, services: services, environment: environment)
      let (scope, found) = try await sources.scope(request.selection)
      environment.shared.put(scope)
      notes += found
    }
    try goOn()
    let ownership = try await EntryOwnership.read(graph, environment)
    self.ownership.withLock { $0 = ownership }
    try await folder.check()
    try await folder.clean()
    try goOn()
    return notes
  }

  /// Throws `Diagnostics` for folders of the flow that are the run's own: every file of them would be refused later.
  private func checkPaths(_ graph: FlowGraph) async throws {
    let problems = try await environment.lane("paths").run { [environment] in try environment.protectedPaths.problems(of: graph, environment.fileSystem) }
    guard problems.isEmpty else { throw Diagnostics(problems) }
  }

  /// If a database cannot be prepared, the run does not start, even for a retryable cause.
  private func open(_ services: ServiceDirectory, isSimulated: Bool) async throws {
    do {
      // A rebuild asks no provider: the batch folder need not even be there.
      try await services.prepare(isSimulated: isSimulated, opensProviders: request.rebuild == nil)
    } catch let error as ProcessorError where error.failure.cause.isRetryable {
      throw StopRun(.unavailable, error.failure.cause, error.failure.message)
    }
  }

  private func openContents() async throws {
    let contents = environment.contents
    do {
      try await contents.lane.run { try contents.prepare() }
    } catch let error as FileSystemError {
      throw StopRun(.failed, .disk, "the folder for large contents cannot be made: \(error); free space, or name another state folder with --state")
    }
  }

  /// Removes the folder of large contents.
  func closeContents() async throws {
    let contents = environment.contents
    try await contents.lane.run { try contents.close() }
  }

  private func goOn() throws {
    if let signal = firstSignal { throw StopRun(bySignal: signal) }
  }

  /// A pattern without a match is a mistake. An empty batch folder deserves a person's attention: its volume may not be
  /// mounted.
  private func checkParticipants(_ services: ServiceDirectory) async throws -> [Bulletin] {
    guard request.replay == nil, request.rebuild == nil else { return [] }
    var notes: [Bulletin] = []
    for store in services.providers.compactMap({ ($0 as? OAuthProvider)?.store }) {
      let names = try await store.list().map(\.name)
      try request.selection.check(among: names, option: "--only", place: store.path)
      guard names.isEmpty else { continue }
      notes.append(
        Bulletin(
          .warning, processor: "", subject: Self.emptyBatch,
          detail: "\(store.path); expected one ID.json per participant: is its volume mounted? flowrun participants import enrols people"))
    }
    return notes
  }

  static let emptyBatch = "the batch folder has no participants"

  func makeFlow(
    _ graph: FlowGraph, _ processors: [any Processor], _ services: ServiceDirectory, _ errors: CountingErrorSink, _ folder: ErrorFolder
  ) async throws -> Flow {
    let injected = try await injectedFlowFiles(graph, services, folder)
    return Flow(
      graph: graph, processors: processors, environment: environment, errors: errors, injected: injected,
      triggersSources: request.replay?.triggersSources ?? true, timeout: request.timeout, listener: listener)
  }

  /// The entries to replay; those whose slice has been written since are removed instead.
  private func injectedFlowFiles(
    _ graph: FlowGraph, _ services: ServiceDirectory, _ folder: ErrorFolder
  ) async throws -> [InjectedFlowFile] {
    guard let plan = request.replay else { return [] }
    for participant in plan.leftToOthers { register.record(participant, .skipped) }
    if !plan.settled.isEmpty { try await services.synchronizeStores() }
    for entry in plan.settled { try await folder.remove(entry) }
    return try await ReplayInjection(folder: folder, environment: environment, services: services, graph: graph).flowFiles(plan)
  }

  /// Closes everything after a failure before the flow started. Reports closing errors first, because `error` is thrown
  /// afterwards.
  func giveUp(_ services: ServiceDirectory, started: Instant, _ error: any Error) async {
    var steps = ClosingSteps()
    let ends = await steps.take(orSay: "the end of the run cannot be recorded in the audit trail") { try await endAudit(AuditOutcome(failed: error)) } ?? nil
    await closeProvenance()
    await steps.take(orSay: "the services cannot be closed") { try await services.close() }
    await steps.take(orSay: "connections cannot be closed") { try await closeTransport() }
    await steps.take(orSay: "the folder of large contents cannot be removed") { try await closeContents() }
    if history.hasBegun(environment.run) {
      var report = RunReport(
        run: environment.run, flow: request.graph.name, flowSHA256: request.graph.sha256, started: started.text,
        finished: environment.time.now.text)
      report.exit = RunVerdict.exitCode(of: error).rawValue
      report.stopped = "\(error)"
      report.audit = ends
      await steps.take(orSay: "the end of the run cannot be recorded in \(request.state)") { try await history.finish(report: report, bulletins: []) }
    }
    for failure in steps.failures { events.post(.closingFailed(subject: failure.subject, detail: failure.detail, isFatal: false)) }
  }
}
