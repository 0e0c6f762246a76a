import FlowCore
import FlowDefinition
import FlowEngine
import FlowErrors
import FlowFileSystem
import FlowProcessors
import FlowRuntime
import FlowSQLite
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import StudyParticipants

/// The shipped flow over a simulated provider without sockets, run after run on one folder with real files and a real
/// database.
///
/// A run is the program's own, on a machine of the tests' making.
struct WholeFlow {
  let folder: TemporaryFolder
  let simulator: Simulator
  private let graph: FlowGraph
  private let name: String
  private let detail: String
  private let keepsResponses: Bool
  private let text: String
  let fileSystem = POSIXFileSystem()

  /// The flows that are shipped for one provider each.
  static let shipped = ["fitbit", "google-health"]
  /// With those of nights, activities and the body.
  static let all = shipped + ["fitbit-nightly", "google-health-nightly"] + extracts + steps + warehouses
  /// Those with activities and the body.
  static let extracts = ["fitbit-extract", "google-health-extract"]
  /// Those with daily totals alone.
  static let steps = ["fitbit-steps", "google-health-steps"]
  /// Those with Parquet files and a warehouse.
  static let warehouses = ["fitbit-warehouse", "google-health-warehouse"]

  /// - Parameters:
  ///   - flow: one of `shipped`.
  ///   - detail: minute data by default, so that a run is quick.
  ///   - losesAnswers: what the provider has acted upon is lost on its way, which takes one who answers once more, however far the simulated
  ///     clock is moved on between two runs. Without it a refresh token is good once, and no more.
  ///   - edited: changes the text of the flow.
  ///   - keepsResponses: in the folder `raw`.
  ///   - configure: changes the provider.
  ///   - limiterClock: seconds of the clock by which the provider enforces its own limits; nil: it has none.
  init(
    participants: Int = 4, days: Int = 1, flow: String = shipped[0], losesAnswers: Bool = false, detail: String = "1min",
    edited: (String) -> String = { $0 }, keepsResponses: Bool = false, limiterClock: (@Sendable () -> Int)? = nil,
    configure: (inout SimulatorConfiguration) -> Void = { _ in }
  ) throws {
    folder = try TemporaryFolder()
    name = flow
    self.detail = detail
    self.keepsResponses = keepsResponses
    text = edited(String(decoding: try FlowLoader.read(Self.path(of: flow), fileSystem: fileSystem), as: UTF8.self))
    var configuration = SimulatorConfiguration()
    if flow.hasPrefix("google-health") { configuration.api = .googleHealth }
    configuration.rotatesGoogleTokens = true
    configuration.participants = participants
    configuration.days = days
    configuration.rateLimit = limiterClock == nil ? 1_000_000 : nil
    configuration.limiterClock = limiterClock ?? { 0 }
    configuration.refreshGraceSeconds = losesAnswers ? 1_000_000_000 : nil
    configure(&configuration)
    simulator = try Simulator(configuration)
    graph = try Self.load(text, flow, folder, "study.sqlite", detail, keepsResponses)
    try simulator.writeParticipants(to: folder.path("participants"), markedAsSimulator: false)
  }

  /// Another flow on the same provider, batch and database.
  func sharing(_ flow: String) throws -> WholeFlow { try WholeFlow(flow, besides: self) }

  private init(_ flow: String, besides other: WholeFlow) throws {
    (folder, simulator, name, detail, keepsResponses) = (other.folder, other.simulator, flow, other.detail, other.keepsResponses)
    text = String(decoding: try FlowLoader.read(Self.path(of: flow), fileSystem: fileSystem), as: UTF8.self)
    graph = try Self.load(text, flow, folder, "study.sqlite", detail, keepsResponses)
  }

  var database: String { folder.path("study.sqlite") }
  var truth: Truth { simulator.truth(detail: detail == "1min" ? .minute : .second) }

  /// The flow on another database in the folder, and with a further edit of its text.
  func graph(_ database: String, _ edited: (String) -> String) throws -> FlowGraph {
    try Self.load(edited(text), name, folder, database, detail, keepsResponses)
  }

  private static func load(
    _ text: String, _ flow: String, _ folder: TemporaryFolder, _ database: String, _ detail: String, _ keepsResponses: Bool
  ) throws -> FlowGraph {
    var given = [
      "api": "http://provider.test", "client_id": "study", "participants": folder.path("participants"),
      "database": folder.path(database),
    ]
    if keepsResponses { given["raw"] = folder.path("raw") }
    if text.contains("\n  detail:\n") { given["detail"] = detail }
    if text.contains("\n  objects:\n") { given["objects"] = folder.path("warehouse") }
    return try FlowCatalog.loader(on: .here()).load(
      bytes: Array(text.utf8), file: path(of: flow),
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
  ///   - start: wall-clock time; each run on the same folder needs a different one.
  ///   - trouble: what the provider does wrong; nil: nothing.
  ///   - clockSteps: the wall clock is put forward and back all the time.
  ///   - timeout: as `--timeout`.
  ///   - other: what runs instead of the flow, such as the flow on another database.
  ///   - fileSystem: whose calls pass the faults.
  ///   - through: wraps the transport between the flow and the provider.
  func drive(
    seed: UInt64, start: Instant = Self.firstStart, faults: FaultPlan = FaultPlan(), trouble: ProviderTrouble? = nil,
    clockSteps: Bool = false, timeout: Duration? = nil, of other: FlowGraph? = nil, on fileSystem: any FileSystem = POSIXFileSystem(),
    through: (any HTTPTransport, ManualTime) throws -> any HTTPTransport = { transport, _ in transport }
  ) throws -> WholeRun {
    let executor = ManualExecutor(seed: seed, time: ManualTime(now: start))
    let delays = SeededRandomSource(seed: seed ^ 0x5EED)
    try trouble?.begin(simulator)
    let transport = SimulatedTransport(simulator: simulator, faults: faults, trouble: trouble, time: executor.time) {
      await executor.time.sleep(for: .milliseconds(Int64(delays.next() % 50)))
    }
    let machine = Machine(
      time: clockSteps ? SteppingTime(executor.time, seed: seed) : executor.time, random: SeededRandomSource(seed: seed),
      fileSystem: GuardedFileSystem(fileSystem, faults: faults), transport: try through(transport, executor.time), executor: executor,
      lane: { _ in InlineLane(executor: executor) }, faultPoint: { try faults.pass("sql.\($0.rawValue)") })
    return try executor.run { await collect(other ?? graph, on: machine, start, timeout: timeout) }
  }

  /// Runs on as many threads as there are, without waiting for anything.
  func runOnThreads(start: Instant = Self.firstStart) async throws -> WholeRun {
    let executor = DispatchExecutor()
    let machine = Machine(
      time: DispatchTimeSource(), random: SystemRandomSource(), fileSystem: POSIXFileSystem(),
      transport: SimulatedTransport(simulator: simulator, faults: FaultPlan(), latency: nil), executor: executor,
      lane: { DispatchLane(label: $0) })
    return await Task(executorPreference: executor) { await collect(graph, on: machine, start) }.value
  }

  /// Any time after everybody was enrolled.
  static let firstStart = Instant(seconds: 1_830_384_000)

  private func collect(_ graph: FlowGraph, on machine: Machine, _ start: Instant, timeout: Duration? = nil) async -> WholeRun {
    await run(RunRequest(graph: graph, errors: folder.path("errors"), state: folder.path("state"), timeout: timeout), on: machine, start)
  }

  func run(_ request: RunRequest, on machine: Machine, _ start: Instant) async -> WholeRun {
    let log = EventLog()
    let run = Run(request, on: machine, id: "run-\(start.seconds)")
    // Nothing may be lost here: the books are held against it.
    let events = run.events.listen(to: [.message, .flowFile], buffer: .max)
    var whole = WholeRun(run: run.environment.run, log: log, register: run.register)
    do {
      whole.report = try await run.run()
    } catch {
      whole.failure = error
    }
    whole.result = run.flowResult
    for await delivery in events {
      switch delivery.event {
      case .log(let message, let metadata): whole.lines.append("\(message) \(metadata)")
      case .flowFiles(let steps): log.record(steps)
      default: break
      }
    }
    whole.ended = machine.time.now
    return whole
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

  /// The error folder as any reader finds it.
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
  /// nil: it never came to the flow.
  var report: RunReport?
  /// What stopped the run before the flow.
  var failure: (any Error)?
  var ended = Instant(seconds: 0)
  /// What was logged.
  var lines: [String] = []

  /// Nothing went wrong, and everybody is collected.
  var isComplete: Bool {
    failure == nil && report?.exit == 0 && result?.stopped == nil && result?.errorEntries == 0
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
