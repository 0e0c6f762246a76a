import FlowCore
import FlowDefinition
import FlowEngine
import FlowProcessors
import FlowServices
import FlowSimulator
import FlowTesting
import Foundation

/// The shipped flow over a simulated provider without sockets, run after run on one folder with real files and a real
/// database.
///
/// A run does what the program does from the checked graph to the journal, without replay and sweep of the error
/// folder.
struct WholeFlow {
  let folder: TemporaryFolder
  let simulator: Simulator
  private let graph: FlowGraph

  /// The flows that are shipped for one provider each.
  static let shipped = ["fitbit", "google-health"]
  /// With those of nights.
  static let all = shipped + ["fitbit-nightly", "google-health-nightly"]

  /// Minute data, so that a run is quick.
  /// - Parameters:
  ///   - flow: one of `shipped`.
  ///   - losesAnswers: what the provider has acted upon is lost on its way, which takes one who answers once more, however far the simulated
  ///     clock is moved on between two runs. Without it a refresh token is good once, and no more.
  init(participants: Int = 4, days: Int = 1, flow: String = shipped[0], losesAnswers: Bool = false) throws {
    folder = try TemporaryFolder()
    var configuration = SimulatorConfiguration()
    if flow.hasPrefix("google-health") { configuration.api = .googleHealth }
    configuration.rotatesGoogleTokens = true
    configuration.participants = participants
    configuration.days = days
    configuration.rateLimit = 1_000_000
    configuration.limiterClock = { 0 }
    configuration.refreshGraceSeconds = losesAnswers ? 1_000_000_000 : nil
    simulator = try Simulator(configuration)
    graph = try Self.load(flow, folder)
    try simulator.writeParticipants(to: folder.path("participants"), markedAsSimulator: false)
  }

  var database: String { folder.path("study.sqlite") }
  var truth: Truth { simulator.truth(detail: .minute) }

  private static func load(_ flow: String, _ folder: TemporaryFolder) throws -> FlowGraph {
    var given = [
      "api": "http://provider.test", "client_id": "study", "participants": folder.path("participants"),
      "database": folder.path("study.sqlite"),
    ]
    if !flow.hasSuffix("nightly") { given["detail"] = "1min" }
    let loader = FlowLoader(
      processors: BuiltinProcessors.catalog, services: [SQLiteDatabase.descriptor, FitbitWebAPI.descriptor, GoogleHealthAPI.descriptor]
    ) { CompiledExpressions(parameters: $0) }
    return try loader.load(
      bytes: FlowLoader.read(path(of: flow), fileSystem: POSIXFileSystem()), file: "\(flow).yaml",
      given: given.mapValues { ParameterValue(text: $0) }
    ).get()
  }

  private static func path(of flow: String) -> String {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return repository.appending(path: "Flows/\(flow).yaml").path()
  }

  // MARK: Running

  /// Runs on one thread in the order that the seed picks; how long the provider's answers take is the seed's choice
  /// too.
  /// - Parameters:
  ///   - start: wall-clock time; each run on the same folder needs one of its own.
  ///   - trouble: what the provider does wrong; nil: nothing.
  ///   - clockSteps: the wall clock is put forward and back all the time.
  ///   - timeout: as `--timeout`.
  ///   - fileSystem: whose calls pass the faults.
  ///   - through: stands between the flow and the provider.
  func drive(
    seed: UInt64, start: Instant = Self.firstStart, faults: FaultPlan = FaultPlan(), trouble: ProviderTrouble? = nil,
    clockSteps: Bool = false, timeout: Duration? = nil, on fileSystem: any FileSystem = POSIXFileSystem(),
    through: (any HTTPTransport, ManualTime) throws -> any HTTPTransport = { transport, _ in transport }
  ) throws -> WholeRun {
    let executor = ManualExecutor(seed: seed, time: ManualTime(now: start))
    let delays = SeededRandomSource(seed: seed ^ 0x5EED)
    try trouble?.begin(simulator)
    let transport = SimulatedTransport(simulator: simulator, faults: faults, trouble: trouble, time: executor.time) {
      await executor.time.sleep(for: .milliseconds(Int64(delays.next() % 50)))
    }
    let lines = Locked<[String]>([])
    let environment = RuntimeEnvironment(
      time: clockSteps ? SteppingTime(executor.time, seed: seed) : executor.time, random: SeededRandomSource(seed: seed),
      fileSystem: GuardedFileSystem(fileSystem, faults: faults), transport: try through(transport, executor.time),
      json: SimdJSONExtractor(), executor: executor, lane: { _ in InlineLane(executor: executor) },
      run: "run-\(start.seconds)", flowSHA256: graph.sha256, participants: ParticipantRegister(),
      log: { message, metadata in lines.withLock { $0.append("\(message) \(metadata)") } })
    var run = try executor.run { await collect(environment, faults: faults, timeout: timeout) }
    run.lines = lines.withLock { $0 }
    return run
  }

  /// Runs on as many threads as there are, without waiting for anything.
  func runOnThreads(start: Instant = Self.firstStart) async throws -> WholeRun {
    let executor = DispatchExecutor()
    let environment = RuntimeEnvironment(
      time: DispatchTimeSource(), random: SystemRandomSource(), fileSystem: POSIXFileSystem(),
      transport: SimulatedTransport(simulator: simulator, faults: FaultPlan(), latency: nil), json: SimdJSONExtractor(),
      executor: executor, lane: { DispatchLane(label: $0) }, run: "run-\(start.seconds)", flowSHA256: graph.sha256,
      participants: ParticipantRegister())
    return await Task(executorPreference: executor) { await collect(environment, faults: FaultPlan()) }.value
  }

  /// Any time after everybody was enrolled.
  static let firstStart = Instant(seconds: 1_830_384_000)

  private func collect(_ environment: RuntimeEnvironment, faults: FaultPlan, timeout: Duration? = nil) async -> WholeRun {
    var run = WholeRun(run: environment.run, log: EventLog(), register: environment.participants)
    do {
      let services = try StudyServices(graph, environment, faults: faults)
      do {
        try await collect(services, environment, timeout, &run)
      } catch {
        run.failure = error
        // What was opened is closed; the first error is the one to tell.
        try? await services.close()
      }
    } catch {
      run.failure = error
    }
    run.ended = environment.time.now
    return run
  }

  private func collect(
    _ services: StudyServices, _ environment: RuntimeEnvironment, _ timeout: Duration?, _ run: inout WholeRun
  ) async throws {
    try await services.prepare()
    let errors = ErrorFolder(
      folder: folder.path("errors"), fileSystem: environment.fileSystem, lane: environment.lane("error folder")
    ) { participant in services.providers.flatMap { $0.secrets(of: participant) } }
    try await errors.check()
    let journal = RunJournal(folder: folder.path("state"), environment: environment)
    let started = environment.time.now
    try await journal.begin(
      run: environment.run, flow: graph.name, file: graph.file, sha256: graph.sha256, started: started)
    let flow = Flow(
      graph: graph, processors: try services.makeProcessors(), environment: environment, errors: errors,
      observer: run.log, timeout: timeout)
    run.result = await flow.run()
    try await services.close()
    let report = RunReport(
      run: environment.run, flow: graph.name, flowSHA256: graph.sha256, started: started.text,
      finished: environment.time.now.text)
    let bulletins = (run.result?.bulletins ?? []).map {
      Bulletin($0.level, processor: $0.processor, subject: $0.subject, detail: $0.details.joined(separator: ", "))
    }
    try await journal.finish(report: report, bulletins: bulletins)
  }

  // MARK: What is there afterwards

  func image(leavingOut: Set<String> = []) throws -> DatabaseImage {
    try DatabaseImage(database, leavingOut: leavingOut)
  }

  /// nil: no run has come so far as to make the tables.
  func imageIfAny() throws -> DatabaseImage? {
    guard try POSIXFileSystem().status(database)?.sizeBytes ?? 0 > 0 else { return nil }
    let image = try image()
    return DatabaseImage.dataTables.isSubset(of: image.rows.keys) ? image : nil
  }

  /// The error folder as anybody would find it.
  func errorListing() async throws -> ErrorListing {
    try await ErrorFolder(folder: folder.path("errors"), fileSystem: POSIXFileSystem(), lane: InlineLane()).entries()
  }

  /// Participants whose file holds a refresh token that the provider refuses: theirs is lost. Uses the tokens up.
  func lostTokens() async throws -> [String] {
    var lost: [String] = []
    for participant in simulator.population.participants {
      let bytes = try POSIXFileSystem().read(folder.path("participants/\(participant.name).json"))
      let file = try ParticipantFile(parsing: bytes, participant: participant.name, path: participant.name)
      let form = "grant_type=refresh_token&refresh_token=\(file.token.refreshToken)&client_id=study"
      let answer = try await simulator.answer(
        HTTPRequest(method: "POST", url: "http://provider.test/oauth2/token", body: Array(form.utf8)))
      if answer.status != 200 { lost.append(participant.name) }
    }
    return lost
  }
}

/// What one run left behind.
struct WholeRun: Sendable, CustomStringConvertible {
  var run: String
  var log: EventLog
  var register: ParticipantRegister
  /// nil: it never came to the flow.
  var result: FlowResult?
  /// What stopped the run before the flow, or after it.
  var failure: (any Error)?
  var ended = Instant(seconds: 0)
  /// What was logged.
  var lines: [String] = []

  /// Nothing went wrong, and everybody is collected.
  var isComplete: Bool {
    failure == nil && result?.stopped == nil && result?.errorEntries == 0
      && register.outcomes.values.allSatisfy { $0 == .complete }
  }

  var description: String {
    let stopped = result?.stopped.map { "stopped: \($0.message)" } ?? "not stopped"
    let failed = failure.map { "failed: \($0)" } ?? "not failed"
    let bulletins = result?.bulletins.filter { $0.level > .info } ?? []
    let problems = bulletins.map { "\($0.processor): \($0.subject) \($0.details)" }
    return "\(run) \(stopped); \(failed); \(register.outcomes.mapValues(\.rawValue)); \(problems)"
  }
}
