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
/// Everything that a run owns is made here and closed here, also when it fails midway. Once the engine has run there is a report, whatever
/// becomes of the steps after it.
final class Batch: Sendable {
  private struct Control {
    var flow: Flow?
    var services: ServiceDirectory?
    /// In the order in which they came.
    var signals: [Int32] = []
    /// Why the run stops, for the progress line.
    var reason: String?
  }

  let request: BatchRequest
  let environment: RuntimeEnvironment
  let register = ParticipantRegister()
  let terminal: Terminal
  let transport: CurlTransport
  private let boundaries: Boundaries
  let journal: RunJournal
  private let control = Locked(Control())
  /// Whose entries the run writes and clears; known once the databases are open.
  let ownership = Locked<EntryOwnership?>(nil)

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
    journal = RunJournal(folder: request.state, environment: environment)
  }

  // MARK: From outside

  /// Asks a running flow to stop; a second time, to stop now. Before the flow runs, what is being prepared is given up.
  func stop(by signal: Int32) {
    let (count, flow, services) = control.withLock { control in
      control.signals.append(signal)
      control.reason = control.reason ?? "by a signal"
      return (control.signals.count, control.flow, control.services)
    }
    if count > 1 || flow == nil { cutWaitsShort(services) }
    if count == 1 { flow?.stop() } else { flow?.stopNow() }
  }

  private func cutWaitsShort(_ services: ServiceDirectory?) {
    for database in services?.databases ?? [] { database.cutWaitsShort() }
    journal.cutWaitsShort()
  }

  /// The first that came.
  var firstSignal: Int32? { control.withLock { $0.signals.first } }
  /// The flow runs, or has run.
  var isUnderWay: Bool { control.withLock { $0.flow != nil } }
  var snapshot: FlowSnapshot? { control.withLock { $0.flow }?.snapshot() }
  var stopReason: String? { control.withLock { $0.reason } }

  /// Runs to the end. Throws `Problems`, `Problem`, `UsageProblems`, `StopRun` or `StoppedEarly` for what was found before anything started.
  func run() async throws -> RunReport {
    let started = environment.time.now
    var simulation: Simulation?
    do {
      simulation = try await Simulation.start(for: request.graph, environment)
      let report = try await run(started: started, graph: simulation?.graph ?? request.graph, isSimulated: simulation != nil)
      await simulation?.stop()
      return report
    } catch {
      await simulation?.stop()
      throw isCutShort(error) ? firstSignal.map { StoppedEarly(signal: $0) as any Error } ?? error : error
    }
  }

  /// A wait that a signal cuts short ends as a database that is locked, or that another run prepares: only that is the signal's doing.
  private func isCutShort(_ error: any Error) -> Bool {
    switch error {
    case let stop as StopRun: stop.cause == .database
    case let error as ProcessorError: error.failure.cause == .database
    case is CancellationError: true
    default: false
    }
  }

  private func run(started: Instant, graph: FlowGraph, isSimulated: Bool) async throws -> RunReport {
    let services = try ServiceDirectory(graph, environment, sql: boundaries.sql)
    control.withLock { $0.services = services }
    let folder = ErrorFolder(
      folder: request.errors, fileSystem: environment.fileSystem, lane: environment.lane("error folder"),
      secrets: { participant in services.providers.flatMap { $0.secrets(of: participant) } },
      belonging: { [ownership] processor in ownership.withLock { $0 }?.belonging(of: processor) ?? EntryBelonging() })
    let errors = CountingErrorSink(folder)
    var notes: [Bulletin] = []
    let flow: Flow
    do {
      let processors = try services.makeProcessors(graph, environment)
      notes = try await prepare(graph, services, folder, isSimulated: isSimulated)
      try await journal.begin(
        run: environment.run, flow: graph.name, file: graph.file, sha256: graph.sha256, started: started)
      flow = try await makeFlow(graph, processors, services, errors, folder)
    } catch {
      await giveUp(services, started: started, error)
      throw error
    }
    let result = await execute(flow)
    var report = makeReport(graph, result, started: started)
    report.simulated = isSimulated
    await close(&report, result, notes, services, folder, errors)
    return report
  }

  // MARK: The flow

  private func execute(_ flow: Flow) async -> FlowResult {
    let signals = control.withLock { control in
      control.flow = flow
      return control.signals.count
    }
    if signals == 1 { flow.stop() } else if signals > 1 { flow.stopNow() }
    var result = await flow.run()
    result.bulletins += environment.columns.bulletins.map(GroupedBulletin.init)
    return result
  }

  /// What the run must tell while somebody waits for it.
  func tell(_ notice: FlowNotice) {
    switch notice {
    case .trouble(let trouble):
      control.withLock { $0.reason = $0.reason ?? trouble.message }
      terminal.complain("error: \(trouble.message)")
    case .timedOut:
      control.withLock { $0.reason = $0.reason ?? "the time limit is reached" }
      terminal.note("stopping: the time limit is reached; what is under way is ended, the rest is left to the next run")
    case .cutOff:
      terminal.note("stopping now: ending what was under way took too long; it is left to the next run")
    }
  }
}
