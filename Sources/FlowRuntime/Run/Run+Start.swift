import FlowCore
import FlowEngine
import FlowErrors
import StudyModel
import StudyParticipants

/// Before the flow: everything that is looked at, so that nothing starts that could not end.
extension Run {
  /// Everything that is looked at before anything starts. Returns what is to be told with the report.
  func prepare(
    _ graph: FlowGraph, _ services: ServiceDirectory, _ folder: ErrorFolder, isSimulated: Bool
  ) async throws -> [Bulletin] {
    let notes = try await checkParticipants(services)
    try goOn()
    try await SpaceSurvey(graph: graph, request: request, environment: environment).check(isSimulated: isSimulated)
    try goOn()
    try await open(services, isSimulated: isSimulated)
    try goOn()
    let ownership = try await EntryOwnership.read(graph, environment)
    self.ownership.withLock { $0 = ownership }
    try await folder.check()
    try await folder.clean()
    try goOn()
    return notes
  }

  /// A database that cannot be prepared cannot be used: whatever hindered it, the run does not begin.
  private func open(_ services: ServiceDirectory, isSimulated: Bool) async throws {
    do {
      try await services.prepare(isSimulated: isSimulated)
    } catch let error as ProcessorError where error.failure.cause.isRetryable {
      throw StopRun(.unavailable, error.failure.cause, error.failure.message)
    }
  }

  private func goOn() throws {
    if let signal = firstSignal { throw StopRun(bySignal: signal) }
  }

  /// Patterns that match nobody are a mistake; a batch folder without anybody is worth a person's look: it may be a volume that is not there.
  private func checkParticipants(_ services: ServiceDirectory) async throws -> [Bulletin] {
    guard request.replay == nil else { return [] }
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

  static let emptyBatch = "the batch folder holds no participant"

  func makeFlow(
    _ graph: FlowGraph, _ processors: [any Processor], _ services: ServiceDirectory, _ errors: CountingErrorSink, _ folder: ErrorFolder
  ) async throws -> Flow {
    let injected = try await injectedFlowFiles(graph, services, folder)
    return Flow(
      graph: graph, processors: processors, environment: environment, errors: errors, injected: injected,
      triggersSources: request.replay?.triggersSources ?? true, timeout: request.timeout, listener: listener)
  }

  /// The entries to replay; those whose slice was written meanwhile are cleared instead.
  private func injectedFlowFiles(
    _ graph: FlowGraph, _ services: ServiceDirectory, _ folder: ErrorFolder
  ) async throws -> [InjectedFlowFile] {
    guard let plan = request.replay else { return [] }
    for entry in plan.settled { try await folder.remove(entry) }
    return try await ReplayInjection(folder: folder, environment: environment, services: services, graph: graph).flowFiles(plan)
  }

  /// Nothing has run: what was opened is closed. The error that led here is the one to tell; what else fails is told before it.
  func giveUp(_ services: ServiceDirectory, started: Instant, _ error: any Error) async {
    var steps = ClosingSteps()
    await steps.take(orSay: "the services cannot be closed") { try await services.close() }
    await steps.take(orSay: "connections cannot be closed") { try await closeTransport() }
    if history.hasBegun(environment.run) {
      var report = RunReport(
        run: environment.run, flow: request.graph.name, flowSHA256: request.graph.sha256, started: started.text,
        finished: environment.time.now.text)
      report.exit = RunVerdict.exitCode(of: error).rawValue
      report.stopped = "\(error)"
      await steps.take(orSay: "the run's end cannot be noted in \(request.state)") { try await history.finish(report: report, bulletins: []) }
    }
    for failure in steps.failures { events.post(.closingFailed(subject: failure.subject, detail: failure.detail, isFatal: false)) }
  }
}
