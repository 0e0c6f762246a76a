import FlowCore
import StudyModel
import StudyParticipants

/// The participants of a flow's batch, for commands that run no flow and, but for `authorize`, ask nobody.
package struct ParticipantBatch: Sendable {
  package let graph: FlowGraph
  package let provider: OAuthProvider
  package let services: ServiceDirectory
  package let environment: RuntimeEnvironment

  package var store: ParticipantStore { provider.store }
  /// The provider is the bundled one: participants of the batch are simulated ones.
  package var isSimulated: Bool { provider.settings.isSimulated }

  /// Throws `Diagnostics` for what the flow's services refuse, and for a flow without a batch.
  package init(_ graph: FlowGraph, _ environment: RuntimeEnvironment) throws {
    let graph = Simulation.addressed(graph)
    services = try ServiceDirectory(graph, environment, faultPoint: ToolEnvironment.faultPoint)
    guard let service = services.providers.compactMap({ $0 as? OAuthProvider }).first else {
      throw Diagnostic(
        .unsuitableFlow, file: graph.file, found: "the flow has no provider with participants", expected: "a service such as FitbitWebAPI",
        hint: "name a flow that collects participants' data, such as Flows/fitbit.yaml")
    }
    self.graph = graph
    self.environment = environment
    provider = service
  }

  /// Those of the names that the batch does not have, as problems.
  package func unknown(_ names: [String]) async throws -> [Diagnostic] {
    let known = try await store.list().map(\.name)
    return names.filter { !known.contains($0) }.map { name in
      Diagnostic(
        .unknownName, subject: "participant '\(name)'", found: "there is no such participant in \(store.path)", expected: "one of its \(known.count) participants",
        hint: NearestName.hint(for: name, among: known))
    }
  }
}
