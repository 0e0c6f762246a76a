import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import StudyTesting

/// Hosts that collect one study into one store in memory. Each has a thread and a clock of its own, and stands still
/// unless a test drives it: a host that is not driven is paused, with everything that it has under way. The clock of the
/// leases stands still too, unless a test ends their terms.
struct HostsOnOneStore {
  let folder: TemporaryFolder
  let simulator: Simulator
  let medium = MemoryStore.Medium()
  private let clock = ManualTime(now: WholeFlow.firstStart)

  init(participants: Int = 4) throws {
    folder = try TemporaryFolder()
    var configuration = SimulatorConfiguration()
    configuration.participants = participants
    configuration.days = 1
    configuration.rateLimit = 1_000_000
    configuration.limiterClock = { 0 }
    simulator = try Simulator(configuration)
    try enrol("participants")
  }

  /// Writes the study's participant files into a batch folder.
  func enrol(_ batch: String) throws { try simulator.writeParticipants(to: folder.path(batch), markedAsSimulator: false) }

  /// A run on a host of its own, which has not begun.
  ///
  /// The locks of the batch folder do not reach other hosts.
  /// - Parameters:
  ///   - isLeased: whether the store leases participants.
  ///   - answer: what the provider answers instead; nil for the simulator's answer.
  func host(
    _ name: String, batch: String = "participants", selection: ParticipantSelection = .all, isLeased: Bool = true,
    answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse? = { _ in nil }
  ) throws -> Host {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let given = [
      "api": "http://provider.test", "client_id": "study", "participants": folder.path(batch), "database": "not-used.sqlite", "detail": "1min",
    ]
    let graph = try FlowCatalog.loader(on: .here()).load(
      bytes: FlowLoader.read(repository.appending(path: "Flows/fitbit.yaml").path(), fileSystem: POSIXFileSystem()), file: "fitbit.yaml",
      given: given.mapValues { ParameterValue(text: $0) }
    ).get()
    let executor = ManualExecutor(time: ManualTime(now: WholeFlow.firstStart))
    let requests = Locked<[String]>([])
    var machine = Machine(
      time: executor.time, random: SeededRandomSource(seed: UInt64(name.utf8.reduce(0) { $0 + Int($1) })), fileSystem: LocalLocks(POSIXFileSystem()),
      transport: Counting(simulator: simulator, requests: requests, time: executor.time, answer: answer), executor: executor,
      lane: { _ in InlineLane(executor: executor) })
    machine.hostName = { _ in name }
    machine.store = { [medium, clock] _, environment in
      MemoryStore(on: medium, leasing: isLeased ? MemoryLeasing(environment, clock: clock) : nil)
    }
    let request = RunRequest(
      graph: graph, errors: folder.path("errors-\(name)"), state: folder.path("state-\(name)"), selection: selection)
    return Host(executor: executor, run: Run(request, on: machine, id: "run-\(name)"), requests: requests)
  }

  /// Whether every participant with a sync is collected to it, and in the ledger once.
  var isEverythingCollected: Bool {
    let ledger = medium.ledger
    let types = Set(ledger.map(\.key.dataType))
    return types.count == 4 && ledger.allSatisfy { $0.state.isAnswered }
      && simulator.population.participants.allSatisfy { participant in
        guard let window = simulator.truth(detail: .minute).window(of: participant) else { return true }
        let own = ledger.filter { $0.key.participant == participant.name && $0.key.dataType == "intraday-steps" }
        return own.first?.key.start == Int64(window.lowerBound) && own.last?.key.end == Int64(window.upperBound)
          && zip(own, own.dropFirst()).allSatisfy { $0.key.end == $1.key.start }
      }
  }

  /// Uses the tokens up.
  func lostTokens(in batch: String = "participants") async throws -> [String] {
    var lost: [String] = []
    for participant in simulator.population.participants {
      let bytes = try POSIXFileSystem().read(folder.path("\(batch)/\(participant.name).json"))
      let token = (try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])?["refresh_token"] as? String ?? ""
      let form = "grant_type=refresh_token&refresh_token=\(token)&client_id=study"
      let answer = try await simulator.answer(HTTPRequest(method: "POST", url: "http://provider.test/oauth2/token", body: Array(form.utf8)))
      if answer.status != 200 { lost.append(participant.name) }
    }
    return lost
  }

  private struct Counting: HTTPTransport {
    let simulator: Simulator
    let requests: Locked<[String]>
    let time: ManualTime
    let answer: @Sendable (HTTPRequest) -> HTTPResponse?

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
      requests.withLock { $0.append(request.url) }
      await time.sleep(for: .milliseconds(20))
      if let answer = answer(request) { return answer }
      return try await simulator.answer(request)
    }
  }
}

/// A run that goes on only while a test drives it.
struct Host {
  let executor: ManualExecutor
  let run: Run
  /// The addresses of all requests.
  let requests: Locked<[String]>
  private let outcome = Locked<Result<RunReport, any Error>?>(nil)

  init(executor: ManualExecutor, run: Run, requests: Locked<[String]>) {
    self.executor = executor
    self.run = run
    self.requests = requests
  }

  func begin() {
    Task(executorPreference: executor) { [run, outcome] in
      let result: Result<RunReport, any Error>
      do { result = .success(try await run.run()) } catch { result = .failure(error) }
      outcome.withLock { $0 = result }
    }
  }

  /// Drives the run until so many requests to a path have been sent.
  func drive(untilRequests count: Int, to path: String) throws {
    try executor.run { requests.withLock { $0.count { $0.contains(path) } } >= count }
  }

  /// Drives the run to its end.
  func finish() throws -> RunReport {
    try executor.run { outcome.withLock { $0 != nil } }
    executor.runReadyJobs()
    guard let result = outcome.withLock({ $0 }) else { preconditionFailure("the run has no outcome") }
    return try result.get()
  }

  func runToEnd() throws -> RunReport {
    begin()
    return try finish()
  }

  var tokenRequests: Int { requests.withLock { $0.count { $0.contains("/oauth2/token") } } }
}

/// A file system whose locks do not reach other hosts: each has its own.
struct LocalLocks: FileSystem {
  private let base: any FileSystem
  init(_ base: any FileSystem) { self.base = base }

  func open(_ path: String, _ mode: FileOpenMode) throws -> Int32 { try base.open(path, mode) }
  func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    try base.readAll(descriptor, path: path, limitBytes: limitBytes)
  }
  func readNext(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    try base.readNext(descriptor, path: path, limitBytes: limitBytes)
  }
  func readChunk(_ path: String, at offset: Int64, count: Int) throws -> [UInt8] { try base.readChunk(path, at: offset, count: count) }
  func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws { try base.write(bytes, to: descriptor, path: path) }
  func reserve(_ bytes: Int64, in descriptor: Int32, path: String) throws { try base.reserve(bytes, in: descriptor, path: path) }
  func synchronize(_ descriptor: Int32, path: String) throws { try base.synchronize(descriptor, path: path) }
  func close(_ descriptor: Int32) { base.close(descriptor) }
  func rename(_ source: String, to destination: String) throws { try base.rename(source, to: destination) }
  func renameExclusively(_ source: String, to destination: String) throws -> Bool { try base.renameExclusively(source, to: destination) }
  func removeFile(_ path: String) throws { try base.removeFile(path) }
  func removeFolder(_ path: String) throws { try base.removeFolder(path) }
  func removeFolderIfEmpty(_ path: String) throws -> Bool { try base.removeFolderIfEmpty(path) }
  func makeFolder(_ path: String) throws { try base.makeFolder(path) }
  func names(in folder: String) throws -> [String] { try base.names(in: folder) }
  func status(_ path: String) throws -> FileStatus? { try base.status(path) }
  func isSymbolicLink(_ path: String) throws -> Bool { try base.isSymbolicLink(path) }
  func lock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool { true }
  func unlock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws {}
  func isLocked(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool { false }
  func freeBytes(at path: String) throws -> Int64 { try base.freeBytes(at: path) }
  func isNetworkFileSystem(_ path: String) throws -> Bool { true }
}
