import FlowCore
import FlowEngine
import FlowProcessors
import FlowServices
import Foundation

/// What a run is asked to do.
struct BatchRequest: Sendable {
  var graph: FlowGraph
  /// Folder for FlowFiles that failed.
  var errors: String
  /// Folder for the history of runs.
  var state: String
  var selection = ParticipantSelection.all
  var timeout: Duration?
  /// Error entries to put back in; nil: an ordinary run, which begins at the sources.
  var replay: ReplayPlan?
}

/// One run of a flow, from the checked graph to the report: makes the services, runs the engine, sweeps the error folder, keeps the books.
///
/// Everything that a run owns is made here and closed here, also when it fails midway.
final class Batch: Sendable {
  private let request: BatchRequest
  private let environment: RuntimeEnvironment
  private let terminal: Terminal
  private let register = ParticipantRegister()
  private let transport: CurlTransport
  private let boundaries: Boundaries
  private let flow = Locked<Flow?>(nil)
  private let stopRequests = Locked(0)
  /// Whose entries the run writes and clears; known once the databases are open.
  private let ownership = Locked<EntryOwnership?>(nil)

  init(_ request: BatchRequest, fileSystem: any FileSystem, terminal: Terminal) {
    self.request = request
    self.terminal = terminal
    transport = CurlTransport(TransportOptions.make(request.graph))
    boundaries = Boundaries(fileSystem: fileSystem, transport: transport)
    let time = DispatchTimeSource()
    let random = SystemRandomSource()
    environment = RuntimeEnvironment(
      time: time, random: random, fileSystem: boundaries.fileSystem, transport: boundaries.transport, json: SimdJSONExtractor(),
      executor: DispatchExecutor(), lane: { DispatchLane(label: $0) }, run: RunIdentity.make(at: time.now, random),
      flowSHA256: request.graph.sha256, participants: register, selection: request.selection,
      variable: { ProcessInfo.processInfo.environment[$0] },
      log: { message, metadata in
        let parts = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        terminal.note(message + parts)
      })
  }

  /// Asks a running flow to stop; a second time, to stop now. Before the flow runs, it will stop as soon as it does.
  func stop() {
    let count = stopRequests.withLock { requests in
      requests += 1
      return requests
    }
    guard let flow = flow.withLock({ $0 }) else { return }
    if count == 1 { flow.stop() } else { flow.stopNow() }
  }

  var snapshot: FlowSnapshot? { flow.withLock { $0 }?.snapshot() }
  var outcomes: [String: ParticipantOutcome] { register.outcomes }

  /// Runs to the end. Throws `Problems`, `Problem` or `StopRun` for what was found before anything started.
  func run() async throws -> RunReport {
    let started = environment.time.now
    let simulation = try await Simulation.start(for: request.graph, environment)
    do {
      let report = try await run(started: started, graph: simulation?.graph ?? request.graph, isSimulated: simulation != nil)
      await simulation?.stop()
      try await transport.close()
      return report
    } catch {
      await simulation?.stop()
      try? await transport.close()
      throw error
    }
  }

  private func run(started: Instant, graph: FlowGraph, isSimulated: Bool) async throws -> RunReport {
    let services = try ServiceDirectory(graph, environment, sql: boundaries.sql)
    let errorFolder = ErrorFolder(
      folder: request.errors, fileSystem: environment.fileSystem, lane: environment.lane("error folder"),
      secrets: { participant in services.providers.flatMap { $0.secrets(of: participant) } },
      belonging: { [ownership] processor in ownership.withLock { $0 }?.belonging(of: processor) ?? EntryBelonging() })
    let errors = CountingErrorSink(errorFolder)
    do {
      let processors = try services.makeProcessors(graph, environment)
      try await SpaceSurvey(graph: graph, request: request, environment: environment).check(isSimulated: isSimulated)
      try await services.prepare(isSimulated: isSimulated)
      let ownership = try await EntryOwnership.read(graph, environment)
      self.ownership.withLock { $0 = ownership }
      try await errorFolder.check()
      try await errorFolder.clean()
      let journal = RunJournal(folder: request.state, environment: environment)
      try await journal.begin(
        run: environment.run, flow: graph.name, file: graph.file, sha256: graph.sha256, started: started)
      let result = try await execute(graph, processors, services, errors, errorFolder)
      var report = await makeReport(graph, result, started: started)
      let sweep = ErrorSweep(
        folder: errorFolder, ownership: ownership, environment: environment, register: register, now: environment.time.now,
        failedHere: errors.failures)
      report.errors = RunReport.Errors(
        count: try await sweep.run(flow: graph.name, currentRun: environment.run), folder: request.errors)
      try await services.close()
      report.finished = environment.time.now.text
      report.exit = RunVerdict.exitCode(
        report, result, signal: stopRequests.withLock { $0 } > 0, failures: errors.failures.map(\.cause),
        replay: request.replay)
      try await journal.finish(report: report, bulletins: result.bulletins.map(\.asBulletin))
      show(result)
      return report
    } catch {
      // What was opened is closed; the first error is the one to tell.
      try? await services.close()
      throw error
    }
  }

  private func execute(
    _ graph: FlowGraph, _ processors: [any Processor], _ services: ServiceDirectory, _ errors: CountingErrorSink,
    _ folder: ErrorFolder
  ) async throws -> FlowResult {
    let injected = try await injectedFlowFiles(graph, services, folder)
    let flow = Flow(
      graph: graph, processors: processors, environment: environment, errors: errors, injected: injected,
      triggersSources: request.replay?.triggersSources ?? true, timeout: request.timeout)
    self.flow.withLock { $0 = flow }
    if stopRequests.withLock({ $0 }) > 0 { flow.stop() }
    var result = await flow.run()
    result.bulletins += environment.columns.bulletins.map {
      GroupedBulletin(level: $0.level, processor: $0.processor, subject: $0.subject, count: 1, details: [$0.detail])
    }
    return result
  }

  /// The entries to replay; those whose slice was written meanwhile are cleared instead.
  private func injectedFlowFiles(
    _ graph: FlowGraph, _ services: ServiceDirectory, _ folder: ErrorFolder
  ) async throws -> [InjectedFlowFile] {
    guard let plan = request.replay else { return [] }
    for entry in plan.settled { try await folder.remove(entry) }
    return try await ReplayInjection(folder: folder, environment: environment, services: services, graph: graph).flowFiles(plan)
  }

  private func makeReport(_ graph: FlowGraph, _ result: FlowResult, started: Instant) async -> RunReport {
    var report = RunReport(
      run: environment.run, flow: graph.name, flowSHA256: graph.sha256, started: started.text,
      finished: environment.time.now.text)
    report.status = RunVerdict.status(result)
    report.flowfiles = result.flowfiles
    report.processors = result.processors
    report.rows = Self.rows(graph, result.processors)
    report.warnings = result.bulletins.filter { $0.level > .info }.map(\.asBulletin).map {
      RunReport.Warning(processor: $0.processor, subject: $0.subject, detail: $0.detail)
    }
    let outcomes = register.outcomes.values
    report.participants.total = outcomes.count
    report.participants.complete = outcomes.count { $0 == .complete }
    report.participants.deferred = outcomes.count { $0 == .deferred }
    report.participants.needsConsent = outcomes.count { $0 == .needsConsent }
    report.participants.failed = outcomes.count { $0 == .failed }
    report.participants.skipped = outcomes.count { $0 == .skipped }
    return report
  }

  /// Sums the row counters of the processors that write a table.
  private static func rows(_ graph: FlowGraph, _ processors: [RunReport.Processor]) -> [String: RunReport.Rows] {
    var rows: [String: RunReport.Rows] = [:]
    for (node, processor) in zip(graph.processors, processors) where node.descriptor.type == WriteRecords.descriptor.type {
      guard case .uses(let table, _, _) = node.descriptor.records?(node.values) else { continue }
      rows[table, default: .init()].inserted += Int(processor.counters[WriteRecords.Counter.inserted] ?? 0)
      rows[table, default: .init()].updated += Int(processor.counters[WriteRecords.Counter.updated] ?? 0)
      rows[table, default: .init()].unchanged += Int(processor.counters[WriteRecords.Counter.unchanged] ?? 0)
    }
    return rows
  }

  private func show(_ result: FlowResult) {
    for bulletin in result.bulletins where bulletin.level > .info || terminal.isVerbose {
      terminal.note(BulletinText.line(bulletin))
    }
    if let stopped = result.stopped { terminal.complain("error: \(stopped.message)") }
  }
}

extension GroupedBulletin {
  /// For the history: the count and the first details in one text.
  fileprivate var asBulletin: Bulletin {
    let shown = details.joined(separator: ", ") + (count > details.count ? ", …" : "")
    return Bulletin(level, processor: processor, subject: subject, detail: count > 1 ? "\(count) times: \(shown)" : shown)
  }
}
