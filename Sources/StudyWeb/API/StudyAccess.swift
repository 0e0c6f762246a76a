import FlowCore
import FlowRuntime
import StudyModel
import StudyParticipants
import StudyReport

/// What the server reads for one served flow: its batch, its stores, its coverage. May be used from any task.
package final class StudyAccess: Sendable {
  package let flow: ServedFlow
  let tables: [FlowGraph.TableUse]
  package let history: RunRecords
  private let stores: [String: ReaderPool]
  private let machine: Machine
  /// For looking at files.
  private let lane: any Lane
  /// The flow's batch, or why it has none.
  private let batch: Result<ParticipantBatch, any Error>
  /// What the participant files have said.
  private let known = KnownStatuses()
  private let latest: SharedLook<[String], RunSummary?>
  /// A coverage report reads everything: more at once would only take the run's share of the machine.
  private let surveys = TurnLimit(2)

  /// - Parameter sharing: other flows of the server: those that keep their history in one place read it over one connection.
  /// - Throws: `Diagnostic` and `Diagnostics` for stores that cannot be made.
  package init(_ flow: ServedFlow, sharing others: [StudyAccess] = [], on machine: Machine) throws {
    self.flow = flow
    self.machine = machine
    lane = machine.lane("files of readers")
    latest = SharedLook(lifetime: .seconds(1), time: machine.time)
    history =
      others.first { $0.flow.state == flow.state && $0.flow.database == flow.database }?.history
      ?? RunRecords(folder: flow.state, database: flow.database, keepsConnection: true, on: machine)
    let stores = Dictionary(
      uniqueKeysWithValues: try ServiceCatalog.stores(of: flow.graph, machine.toolEnvironment).map { ($0.name, ReaderPool($0.store, time: machine.time)) })
    self.stores = stores
    batch = Result { try ParticipantBatch(flow.graph, on: machine) }
    // Tables that a flow puts only into object storage or a warehouse are not read here.
    tables = flow.graph.tableUses().filter { stores[$0.service] != nil }
  }

  /// None before the batch folder is there. Throws `Diagnostic` and `Diagnostics` for a flow without a batch, and `StopRun` if the batch cannot be read.
  package func participants() async throws -> [ParticipantStatus] {
    let batch = try batch.get()
    return try machine.fileSystem.status(batch.path) == nil ? [] : await batch.statuses(knowing: known)
  }

  /// One participant, whose file alone is read. Throws a `WebProblem` (404) with the nearest name if there is none, and as `participants` does.
  func participant(_ name: String) async throws -> ParticipantStatus {
    let batch = try batch.get()
    let hasFolder = try machine.fileSystem.status(batch.path) != nil
    if hasFolder, let status = try await batch.status(of: name, knowing: known) { return status }
    let names = hasFolder ? try await batch.names() : []
    throw WebProblem.notFound(
      "there is no participant '\(name.prefix(100))' in \(flow.name)\(NearestName.hint(for: name, among: names).map { "; \($0)" } ?? "")")
  }

  /// What the page of a participant is made from; nil if it cannot be known. Throws as `participants` does.
  func basis(ofParticipant name: String) async throws -> [FileIdentity?]? { try await batch.get().statusBasis(of: name) }

  /// Path of the batch folder. Throws as `participants` does.
  var batchFolder: String { get throws { try batch.get().path } }

  /// The latest run of the history, as of a second ago at most; nil before the first one. Throws `StopRun`.
  /// - Parameter underWay: the flow's runs: when one has begun or ended, the history is looked at again.
  func latestRun(underWay: [String]) async throws -> RunSummary? {
    try await latest.value(underWay) { [history] in
      do {
        return try await history.runs(limit: 1).first
      } catch let problems as Diagnostics where problems.isUsage {
        return nil
      }
    }
  }

  /// What the databases were at this moment; nil if one does not say, such as one of a server. Throws `FileSystemError`.
  func databaseIdentities() async throws -> [FileIdentity?]? {
    let paths = flow.graph.services.compactMap { $0.values.optional(DatabaseDeclaration.path) }, fileSystem = machine.fileSystem
    guard !paths.contains(where: { $0.contains("://") }) else { return nil }
    return try await lane.run {
      try paths.flatMap { [$0, $0 + "-wal"] }.map { path in
        var identity = try fileSystem.identity(path)
        // Opening a database may give its log an owner anew, which changes nothing that a page shows.
        identity?.changed = 0
        return identity
      }
    }
  }

  /// What figures of the whole study are gathered from, or of some participants.
  func figures(_ selection: ParticipantSelection = .all, runLimit: Int? = nil, also: @Sendable (CoverageEvaluation) -> Void = { _ in }) async throws -> StudyFigures {
    var request = FiguresRequest(graph: flow.graph, errors: flow.errors, state: flow.state, hint: flow.hint)
    request.selection = selection
    request.known = known
    if let runLimit { request.runLimit = runLimit }
    return try await StudyFigures.gather(request, on: machine, also: also)
  }

  /// Throws as `CoverageSurvey.report` does, and a `WebProblem` (404) before the batch folder is there.
  package func coverage(
    of selection: ParticipantSelection = .all, view: CoverageView = CoverageView()
  ) async throws -> CoverageReport {
    let folder = try batchFolder
    guard try machine.fileSystem.status(folder) != nil else {
      throw WebProblem.notFound("there are no participants yet: the folder '\(folder)' is not there; run the flow once, or enrol them")
    }
    return try await surveys.turn {
      try await CoverageSurvey(graph: flow.graph, errors: flow.errors, selection: selection, view: view, hint: flow.hint, knowing: known, on: machine).report()
    }
  }

  /// Reads a store; nil if it does not exist yet.
  func reading<Result: Sendable>(_ service: String, _ body: (any RecordReader) async throws -> Result) async throws -> Result? {
    guard let pool = stores[service] else { preconditionFailure("'\(service)' is no store of \(flow.name)") }
    return try await pool.reading(body)
  }

  /// Opens every store once. Throws what they throw.
  package func check() async throws {
    for pool in stores.values { _ = try await pool.reading { try await $0.identity() } }
  }

  package func close() async throws {
    for pool in stores.values { try await pool.close() }
  }

  /// Reads as much as a coverage report does, when it is its turn. `body` must not ask for another turn.
  func surveying<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result { try await surveys.turn(body) }
}
