import FlowCore
import FlowDefinition
import FlowErrors
import FlowFileSystem
import FlowRuntime
import FlowSimulator
import FlowTesting
import StudyModel
import StudyParticipants

/// A small study that was collected once: participant files, a real database and an error folder, and what is done to them in its order.
struct CollectedStudy {
  let folder: TemporaryFolder
  let graph: FlowGraph
  /// `BOUNDARY PATH` of what changes something: renames and removals of files, commits of the database.
  let changes = Locked<[String]>([])
  let faults = FaultPlan()
  private let simulator: Simulator

  private struct InProcess: HTTPTransport {
    let simulator: Simulator
    func send(_ request: HTTPRequest) async throws -> HTTPResponse { try await simulator.answer(request) }
  }

  init(participants: Int = 2) async throws {
    folder = try TemporaryFolder()
    var configuration = SimulatorConfiguration()
    configuration.participants = participants
    configuration.days = 1
    configuration.rateLimit = 1_000_000
    configuration.limiterClock = { 0 }
    simulator = try Simulator(configuration)
    graph = try MemoryBatch.load("fitbit", [
      "api": "http://provider.test", "client_id": "study", "participants": folder.path("participants"), "database": folder.path("study.sqlite"),
      "detail": "1min",
    ])
    try simulator.writeParticipants(to: folder.path("participants"), markedAsSimulator: false)
    let report = try await Run(RunRequest(graph: graph, errors: errors, state: folder.path("state")), on: machine).run()
    guard report.exit == 0 else { throw Diagnostic(.unknownName, found: "the run ended with \(report.exit): \(report.stopped ?? "")") }
    changes.withLock { $0 = [] }
  }

  var errors: String { folder.path("errors") }
  var batch: ParticipantBatch { get throws { try ParticipantBatch(graph, on: machine) } }

  /// Faults pass at `sql.BOUNDARY` and `file.BOUNDARY`.
  var machine: Machine {
    let files = GuardedFileSystem(
      POSIXFileSystem(), before: { [faults] boundary, _ in try faults.pass(boundary) },
      after: { [changes, folder] boundary, path in
        guard ["file.rename", "file.remove"].contains(boundary) else { return }
        changes.withLock { $0.append("\(boundary) \(path.dropFirst(folder.path.count + 1))") }
      })
    return Machine(
      time: DispatchTimeSource(), random: SystemRandomSource(), fileSystem: files, transport: InProcess(simulator: simulator),
      executor: DispatchExecutor(), lane: { DispatchLane(label: $0) },
      faultPoint: { [faults, changes] boundary in
        try faults.pass("sql.\(boundary.rawValue)")
        changes.withLock { $0.append("sql.\(boundary.rawValue)") }
      })
  }

  func file(_ participant: String) throws -> ParticipantFile {
    let path = folder.path("participants/\(participant).json")
    return try ParticipantFile(parsing: try POSIXFileSystem().read(path), participant: participant, path: path)
  }

  /// Writes an entry of the flow's own, of heart rate that could not be read.
  func fail(_ participant: String) async throws {
    let ownership = try await EntryOwnership.read(graph, .undriven(fileSystem: POSIXFileSystem()))
    let sink = ErrorFolder(folder: errors, fileSystem: POSIXFileSystem(), lane: InlineLane(), belonging: { ownership.belonging(of: $0) })
    let attributes: Attributes = ["participant": participant, "data_type": "intraday-heart-rate"]
    let flowFile = FlowFile(
      id: FlowFileID(SystemRandomSource()), attributes: attributes, content: .empty, lineage: LineageID(1), created: Instant(seconds: 1_780_000_000))
    try await sink.write(
      ErrorEntry(
        flow: graph.name, run: "run-1", flowFile: flowFile, lineage: [flowFile.id.text], way: ["read token file", "extract heart"], processor: "extract heart",
        processorType: "ExtractRecords", relationship: "failure", failure: FlowFileFailure(cause: .badData, message: "no sense"), flowSHA256: graph.sha256,
        time: Instant(seconds: 1_780_000_000)))
  }

  func entries() async throws -> [String?] {
    try await ErrorFolder(folder: errors, fileSystem: POSIXFileSystem(), lane: InlineLane()).entries().entries.map(\.participant)
  }
}
