import FlowCore
import FlowRuntime
import StudyModel
import StudyParticipants

/// What the server reads for one served flow: its batch, its stores, its coverage. May be used from any task.
package final class StudyAccess: Sendable {
  package let flow: ServedFlow
  let tables: [FlowGraph.TableUse]
  package let history: RunRecords
  private let stores: [String: ReaderPool]
  private let machine: Machine
  /// A coverage report reads everything: more at once would only take the run's share of the machine.
  private let surveys = TurnLimit(2)

  /// - Parameter sharing: other flows of the server: those that keep their history in one place read it over one connection.
  /// - Throws: `Diagnostic` and `Diagnostics` for stores that cannot be made.
  package init(_ flow: ServedFlow, sharing others: [StudyAccess] = [], on machine: Machine) throws {
    self.flow = flow
    self.machine = machine
    history =
      others.first { $0.flow.state == flow.state && $0.flow.database == flow.database }?.history
      ?? RunRecords(folder: flow.state, database: flow.database, keepsConnection: true, on: machine)
    let stores = Dictionary(
      uniqueKeysWithValues: try ServiceCatalog.stores(of: flow.graph, machine.toolEnvironment).map { ($0.name, ReaderPool($0.store, time: machine.time)) })
    self.stores = stores
    // Tables that a flow puts only into object storage or a warehouse are not read here.
    tables = flow.graph.tableUses().filter { stores[$0.service] != nil }
  }

  /// None before the batch folder is there. Throws `Diagnostic` and `Diagnostics` for a flow without a batch, and `StopRun` if the batch cannot be read.
  package func participants() async throws -> [ParticipantStatus] {
    let batch = try ParticipantBatch(flow.graph, on: machine)
    return try machine.fileSystem.status(batch.path) == nil ? [] : await batch.statuses()
  }

  /// Throws as `CoverageSurvey.report` does, and a `WebProblem` (404) before the batch folder is there.
  package func coverage(
    of selection: ParticipantSelection = .all, view: CoverageView = CoverageView()
  ) async throws -> CoverageReport {
    let folder = try ParticipantBatch(flow.graph, on: machine).path
    guard try machine.fileSystem.status(folder) != nil else {
      throw WebProblem.notFound("there are no participants yet: the folder '\(folder)' is not there; run the flow once, or enrol them")
    }
    return try await surveys.turn {
      try await CoverageSurvey(graph: flow.graph, errors: flow.errors, selection: selection, view: view, hint: flow.hint, on: machine).report()
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
