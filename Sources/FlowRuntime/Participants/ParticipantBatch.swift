import FlowCore
import StudyModel
import StudyParticipants

/// The participants of a flow's batch, for commands outside a run. Only a consent makes requests.
package struct ParticipantBatch: Sendable {
  package let graph: FlowGraph
  let provider: OAuthProvider
  let services: ServiceDirectory
  let environment: RuntimeEnvironment
  private let closeTransport: @Sendable () async throws -> Void

  var store: ParticipantStore { provider.store }
  /// The batch folder.
  package var path: String { store.path }
  /// Whether the provider is the bundled simulator and the participants are simulated.
  package var isSimulated: Bool { provider.settings.isSimulated }
  package var now: Instant { environment.time.now }

  /// Throws `Diagnostic` and `Diagnostics` for errors of the flow's services, and for a flow without a batch.
  package init(_ graph: FlowGraph, on machine: Machine) throws {
    try self.init(graph, machine.toolEnvironment, faultPoint: machine.faultPoint, closeTransport: machine.closeTransport)
  }

  init(
    _ graph: FlowGraph, _ environment: RuntimeEnvironment, faultPoint: @escaping StoreFaultPoint,
    closeTransport: @escaping @Sendable () async throws -> Void = {}
  ) throws {
    let graph = Simulation.addressed(graph)
    services = try ServiceDirectory(graph, environment, faultPoint: faultPoint)
    guard let service = services.providers.compactMap({ $0 as? OAuthProvider }).first else {
      throw Diagnostic(
        .unsuitableFlow, file: graph.file, found: "the flow has no provider with participants", expected: "a service such as FitbitWebAPI",
        hint: "name a flow that collects participants' data, such as Flows/fitbit.yaml")
    }
    self.graph = graph
    self.environment = environment
    self.closeTransport = closeTransport
    provider = service
  }

  /// Closes connections to a raw storage. Call it once, at the end.
  package func closeConnections() async throws { try await closeTransport() }

  /// The status of every participant: collection, token, and whether a run holds it. Takes no lock; contains no token.
  /// Throws `Diagnostics` if files are encrypted and the key opens none of them, and `StopRun` if the folder does not
  /// exist.
  /// - Parameter known: what the files said before; nil reads all of them.
  package func statuses(knowing known: KnownStatuses? = nil) async throws -> [ParticipantStatus] { try await store.statuses(knowing: known) }

  /// The status of one participant; no other file is read. nil if there is no such participant. Throws as `statuses` does.
  package func status(of participant: String, knowing known: KnownStatuses? = nil) async throws -> ParticipantStatus? {
    try await store.status(of: participant, knowing: known)
  }

  /// See `ParticipantStore.statusBasis`.
  package func statusBasis(of participant: String) async throws -> [FileIdentity?]? { try await store.statusBasis(of: participant) }

  /// The participants' names, sorted; no file is read. Throws `StopRun`.
  package func names() async throws -> [String] { try await store.names() }

  /// Problems for the names that are not in the batch.
  func unknown(_ names: [String]) async throws -> [Diagnostic] {
    let known = try await store.list().map(\.name)
    return names.filter { !known.contains($0) }.map { name in
      Diagnostic(
        .unknownName, subject: "participant '\(name)'", found: "there is no such participant in \(store.path)", expected: "one of its \(known.count) participants",
        hint: NearestName.hint(for: name, among: known))
    }
  }
}
