import FlowCore
import FlowEngine
import FlowErrors
import FlowProcessors
import Foundation
import StudyModel
import StudyParticipants

/// The parameters of a run.
package struct RunRequest: Sendable {
  package var graph: FlowGraph
  /// Folder for FlowFiles that failed.
  package var errors: String
  /// State folder with the history of runs.
  package var state: String
  package var selection = ParticipantSelection.all
  package var timeout: Duration?
  /// Error entries to replay; nil for an ordinary run that begins at the sources.
  package var replay: ReplayPlan?
  /// Rows are made again of kept responses; nil for a run that asks the provider.
  package var rebuild: RebuildRequest?
  /// What the audit trail tells of the run; nil for what the request itself says.
  package var act: AuditAct?

  package init(
    graph: FlowGraph,
    errors: String,
    state: String,
    selection: ParticipantSelection = ParticipantSelection.all,
    timeout: Duration? = nil,
    replay: ReplayPlan? = nil
  ) {
    self.graph = graph
    self.errors = errors
    self.state = state
    self.selection = selection
    self.timeout = timeout
    self.replay = replay
  }
}

/// Whether the run has begun, and who waits to know.
private struct Beginning: Sendable {
  var hasBegun: Bool?
  var waiting: [CheckedContinuation<Bool, Never>] = []

  /// Those who waited; empty if it was decided before.
  mutating func decide(_ value: Bool) -> [CheckedContinuation<Bool, Never>] {
    guard hasBegun == nil else { return [] }
    hasBegun = value
    defer { waiting = [] }
    return waiting
  }
}

/// A stop that was asked for.
private struct StopRequest {
  /// The first signal's number, which determines the exit code.
  let signal: Int32
  var isImmediate: Bool
}

/// One run of a flow, from the validated graph to the report: creates the services, runs the engine, cleans up the
/// error folder and keeps the statistics.
///
/// The run creates and closes everything it owns, even if it fails midway. Once the engine has run there is a report,
/// whatever happens in later steps.
package final class Run: Sendable {
  private struct Control {
    var flow: Flow?
    var result: FlowResult?
    var services: ServiceDirectory?
    var stop: StopRequest?
    /// Why the run is stopping, for displays.
    var reason: String?
    var socket: LiveSocket?
  }

  package let request: RunRequest
  package let environment: RuntimeEnvironment
  package var register: ParticipantRegister { environment.participants }
  /// Events during the run.
  package let events = RunEvents()
  /// What the run does at the moment, for any number of readers.
  package let live: LiveFeed
  /// The FlowFiles that processors send on, for those who look.
  let taps = TapBoard()
  let machine: Machine
  let history: any RunHistory
  private let control = Locked(Control())
  let beginning: Duration
  private let started = Locked<Task<RunReport, any Error>?>(nil)
  private let begun = Locked(Beginning())
  /// Determines the owner of error entries; available once the databases are open.
  let ownership = Locked<EntryOwnership?>(nil)
  /// Where the steps of FlowFiles go; nil if they are not kept.
  let provenance = Locked<ProvenanceWriter?>(nil)
  /// The run's beginning in the audit trail.
  let audit = Locked<(AuditRecorder, AuditRecorder.Begun)?>(nil)

  /// - Parameter id: the run's id; nil to generate one from time and a random number.
  package init(_ request: RunRequest, on machine: Machine, id: String? = nil) {
    self.request = request
    self.machine = machine
    environment = machine.environment(
      run: id ?? RunIdentity.make(at: machine.time.now, machine.random), flowSHA256: request.graph.sha256,
      selection: request.selection, log: { [events] message, metadata in events.post(.log(message: message, metadata: metadata)) })
    environment.shared.put(RunStateFolder(path: request.state, flow: request.graph.name))
    environment.shared.put(
      ContentFolder(
        folder: "\(request.state)/content", run: environment.run, fileSystem: environment.fileSystem, lane: environment.lane("contents")))
    environment.shared.put(Simulation.isWanted(by: request.graph) ? RunKind.simulated : .real)
    environment.shared.put(ParticipantRegister { [events] participant, outcome in events.post(.participant(participant, outcome)) })
    history = ServiceCatalog.runHistory(of: request.graph, in: request.state, host: { machine.hostName(false) }, environment)
    beginning = machine.time.monotonic
    live = LiveFeed(time: machine.time)
    live.begin { [weak self] in self?.liveUpdate() }
    taps.begin { [weak self] in self?.secrets(of: $0) ?? [] }
  }

  // MARK: Control

  /// Asks a running flow to drain and stop. Before the flow runs, preparation is abandoned. Has no effect if a stop was
  /// asked for before.
  /// - Parameters:
  ///   - signal: determines the exit code.
  ///   - reason: continues "stopped".
  package func stop(signal: Int32 = SIGTERM, _ reason: String = "by a signal") {
    let (isFirst, flow, services) = control.withLock { control in
      let isFirst = control.stop == nil
      control.stop = control.stop ?? StopRequest(signal: signal, isImmediate: false)
      control.reason = control.reason ?? reason
      return (isFirst, control.flow, control.services)
    }
    guard isFirst else { return }
    if let flow { flow.stop() } else { cutWaitsShort(services) }
  }

  /// Stops a running flow immediately, whether or not it is draining: sessions are cancelled, and queued FlowFiles are
  /// abandoned. Before the flow runs, preparation is abandoned.
  /// - Parameter signal: determines the exit code, unless a stop was asked for before.
  package func stopNow(signal: Int32 = SIGTERM) {
    let (flow, services) = control.withLock { control in
      control.stop = StopRequest(signal: control.stop?.signal ?? signal, isImmediate: true)
      control.reason = control.reason ?? "by a signal"
      return (control.flow, control.services)
    }
    cutWaitsShort(services)
    flow?.stopNow()
  }

  private func cutWaitsShort(_ services: ServiceDirectory?) {
    for store in services?.stores ?? [] { store.cutWaitsShort() }
    history.cutWaitsShort()
  }

  /// The first signal received.
  var firstSignal: Int32? { control.withLock { $0.stop?.signal } }
  /// Whether the flow has started.
  package var isUnderWay: Bool { control.withLock { $0.flow != nil } }
  package var snapshot: FlowSnapshot? { control.withLock { $0.flow }?.snapshot() }
  package var stopReason: String? { control.withLock { $0.reason } }
  /// The limits of the providers that the flow asks; none before their services are made.
  var requestLimits: [any RequestBudget] { control.withLock { $0.services }?.providers ?? [] }

  /// True as soon as the run has passed every check that can prevent it and its flow runs; false if it ended before that: then `result` throws why.
  package var hasBegun: Bool {
    get async {
      await withCheckedContinuation { continuation in
        let known = begun.withLock { begun in
          if begun.hasBegun == nil { begun.waiting.append(continuation) }
          return begun.hasBegun
        }
        if let known { continuation.resume(returning: known) }
      }
    }
  }

  private func decideBeginning(_ value: Bool) {
    for continuation in begun.withLock({ $0.decide(value) }) { continuation.resume(returning: value) }
  }

  /// Starts the run in its own task. Call once; `result` waits for the end.
  package func start() {
    let task = Task { try await self.run() }
    started.withLock { started in
      precondition(started == nil, "a run begins once")
      started = task
    }
  }

  /// The report, once the run has ended. Throws `Diagnostics`, `Diagnostic` or `StopRun` for problems found before the
  /// start.
  package var result: RunReport {
    get async throws {
      guard let task = started.withLock({ $0 }) else { preconditionFailure("a run must be started before its result is awaited") }
      return try await task.value
    }
  }

  /// What must not be shown nor written of what a FlowFile carries: the tokens of its participant, the client's secret, sensitive parameters.
  func secrets(of participant: String?) -> [String] { Self.secrets(of: participant, request, control.withLock { $0.services }) }

  private static func secrets(of participant: String?, _ request: RunRequest, _ services: ServiceDirectory?) -> [String] {
    request.graph.parameters.filter(\.isSensitive).map(\.value) + (services?.providers ?? []).flatMap { $0.secrets(of: participant) }
  }

  /// The engine's result; nil before the engine has finished.
  package var flowResult: FlowResult? { control.withLock { $0.result } }

  /// Runs to the end in the caller's task. Throws `Diagnostics`, `Diagnostic` or `StopRun` for problems found before
  /// the start.
  package func run() async throws -> RunReport {
    defer {
      decideBeginning(false)
      events.finish()
    }
    let started = environment.time.now
    var simulation: Simulation?
    do {
      if request.rebuild == nil { simulation = try await Simulation.start(for: request.graph, environment) }
      let graph = try request.rebuild == nil ? simulation?.graph ?? request.graph : RebuildGraph(Simulation.addressed(request.graph), readsArchive: request.rebuild?.archive != nil).graph
      let report = try await run(started: started, graph: graph, isSimulated: Simulation.isWanted(by: request.graph))
      await simulation?.stop()
      await endLive(report.status, exit: report.exit)
      return report
    } catch {
      await simulation?.stop()
      let error = isCutShort(error) ? firstSignal.map { StopRun(bySignal: $0) as any Error } ?? error : error
      await endLive(.failed, exit: RunVerdict.exitCode(of: error).rawValue)
      throw error
    }
  }

  /// Readers get a last update, and the socket goes.
  private func endLive(_ status: RunReport.Status, exit: Int32) async {
    live.finish(liveUpdate(ended: status, exit: exit))
    let socket = control.withLock { control in
      defer { control.socket = nil }
      return control.socket
    }
    await socket?.close()
  }

  /// Whether the error is the effect of a signal: shortened waits end with a locked database, so only these errors are
  /// attributed to it.
  private func isCutShort(_ error: any Error) -> Bool {
    switch error {
    case let stop as StopRun: stop.cause == .database
    case let error as ProcessorError: error.failure.cause == .database
    case is CancellationError: true
    default: false
    }
  }

  private func run(started: Instant, graph: FlowGraph, isSimulated: Bool) async throws -> RunReport {
    let services = try ServiceDirectory(graph, environment, faultPoint: machine.faultPoint)
    environment.shared.put(ProtectedPaths(of: graph, services, state: request.state, errors: request.errors))
    control.withLock { $0.services = services }
    let folder = ErrorFolder(
      folder: request.errors, fileSystem: environment.fileSystem, lane: environment.lane("error folder"),
      indexes: ErrorFolder.indexes(inState: request.state),
      // Not the run's: the run keeps the flow, and the flow the folder, so that neither would ever be released.
      secrets: { [request] in Self.secrets(of: $0, request, services) },
      belonging: { [ownership] processor in ownership.withLock { $0 }?.belonging(of: processor) ?? EntryBelonging() })
    let errors = CountingErrorSink(folder, commitBarrier: environment.commitBarrier)
    var notes: [Bulletin] = []
    let flow: Flow
    do {
      // A rebuild's source is made of what the storage holds.
      if request.rebuild != nil { notes = try await prepare(graph, services, folder, isSimulated: isSimulated) }
      let processors = try services.makeProcessors(graph, environment)
      if request.rebuild == nil { notes = try await prepare(graph, services, folder, isSimulated: isSimulated) }
      try await history.begin(
        run: environment.run, flow: graph.name, file: graph.file, sha256: graph.sha256, started: started)
      try await beginAudit(services)
      if machine.keepsProvenance { await openProvenance(graph, services) }
      if machine.publishesRuns, let socket = await openLive() { control.withLock { $0.socket = socket } }
      flow = try await makeFlow(graph, processors, services, errors, folder)
    } catch {
      await giveUp(services, started: started, error)
      throw error
    }
    let result = await execute(flow)
    var report = makeReport(graph, result, started: started)
    report.databases = services.stores.map(\.location)
    report.simulated = isSimulated
    await close(&report, result, notes, services, folder, errors)
    return report
  }

  func closeTransport() async throws { try await machine.closeTransport() }

  // MARK: The flow

  private func execute(_ flow: Flow) async -> FlowResult {
    // The flow is set and an earlier request to stop is read under one lock: each request reaches the flow exactly once, here
    // or in `stop` and `stopNow`.
    let stop = control.withLock { control in
      control.flow = flow
      return control.stop
    }
    if let stop { if stop.isImmediate { flow.stopNow() } else { flow.stop() } }
    decideBeginning(true)
    var result = await flow.run()
    result.bulletins += environment.columns.bulletins.map(GroupedBulletin.init)
    control.withLock { [result] in $0.result = result }
    return result
  }

  /// Forwards the engine's events; the first trouble becomes the reason that displays show.
  var listener: FlowListener {
    let isKept = provenance.withLock { $0 } != nil
    return FlowListener(wantsFlowFiles: { [events, taps] in isKept || events.isWanted(.flowFile) ? .all : taps.wants($0) ? .sent : .none }) { [weak self] in self?.tell($0) }
  }

  private func tell(_ event: FlowEvent) {
    switch event {
    case .trouble(let trouble):
      control.withLock { $0.reason = $0.reason ?? trouble.message }
      events.post(.trouble(trouble))
    case .timedOut:
      control.withLock { $0.reason = $0.reason ?? "the time limit is reached" }
      events.post(.timeLimitReached)
    case .cutOff: events.post(.cutOff)
    case .flowFiles(let steps):
      taps.note(steps)
      provenance.withLock { $0 }?.note(steps)
      events.post(.flowFiles(steps))
    case .bulletins(let bulletins): events.post(.bulletins(bulletins))
    case .errorEntry(let entry):
      events.post(
        .errorEntry(participant: entry.flowFile[AttributeName.participant], processor: entry.processor, failure: entry.failure))
    }
  }
}
