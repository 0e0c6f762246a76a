import FlowCore
import FlowSimulator
import StudyModel
import StudyParticipants

/// The bundled simulator inside this process, for `api=simulator`: started on loopback before the flow, with the graph
/// pointed at it.
package struct Simulation: Sendable {
  package let graph: FlowGraph
  private let simulator: Simulator

  /// nil if the flow uses a real provider.
  package static func start(for graph: FlowGraph, _ environment: RuntimeEnvironment) async throws -> Simulation? {
    guard let index = graph.services.firstIndex(where: { isSimulated($0) }) else { return nil }
    var graph = graph
    let service = graph.services[index]
    var configuration = SimulatorConfiguration()
    configuration.stateFolder = stateFolder
    // A run may be killed after a token request: its repetition must still be answered.
    configuration.refreshGraceSeconds = 120
    // Participants, tokens and folder are the same for both providers, so that either flow can collect the batch.
    configuration.api = service.type == GoogleHealthAPI.descriptor.type ? .googleHealth : .fitbit
    let simulator = try Simulator(configuration)
    let folder = service.values[ProviderProperties.participants]
    // Only the default folder is filled with the simulator's participants; a folder of the user's is left alone.
    if try folder == stateFolder + "/participants" || environment.fileSystem.status(folder) == nil {
      try simulator.writeParticipants(to: folder, markedAsSimulator: true)
    }
    let baseURL = try await simulator.start()
    graph.services[index].values = service.values.replacing(ProviderProperties.baseURL, with: baseURL)
      .replacing(ProviderProperties.simulated, with: true)
    return Simulation(graph: graph, simulator: simulator)
  }

  /// The graph for commands that only read: with `api=simulator` it gets an address that is never contacted.
  package static func addressed(_ graph: FlowGraph) -> FlowGraph {
    var graph = graph
    for index in graph.services.indices where isSimulated(graph.services[index]) {
      graph.services[index].values = graph.services[index].values.replacing(ProviderProperties.baseURL, with: "http://127.0.0.1")
        .replacing(ProviderProperties.simulated, with: true)
    }
    return graph
  }

  package static func isWanted(by graph: FlowGraph) -> Bool { graph.services.contains(where: isSimulated) }

  package func stop() async { await simulator.stop() }

  private static let stateFolder = "simulated"

  private static func isSimulated(_ service: ServiceDeclaration) -> Bool {
    service.isProvider && service.values[ProviderProperties.baseURL] == "simulator"
  }
}
