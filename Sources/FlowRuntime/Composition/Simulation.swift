import FlowCore
import FlowSimulator
import StudyModel
import StudyParticipants

/// The bundled provider inside this process, for `api=simulator`: started on loopback before the flow, and the graph pointed at it.
package struct Simulation: Sendable {
  package let graph: FlowGraph
  private let simulator: Simulator

  /// nil when the flow is for a real provider.
  package static func start(for graph: FlowGraph, _ environment: RuntimeEnvironment) async throws -> Simulation? {
    guard let index = graph.services.firstIndex(where: { isSimulated($0) }) else { return nil }
    var graph = graph
    let service = graph.services[index]
    var configuration = SimulatorConfiguration()
    configuration.stateFolder = stateFolder
    // A run may be killed: what it had asked for then is answered once more.
    configuration.refreshGraceSeconds = 120
    // The people, their tokens and the folder are the same for both: a batch may be collected by one flow and then by the other.
    configuration.api = service.type == GoogleHealthAPI.descriptor.type ? .googleHealth : .fitbit
    let simulator = try Simulator(configuration)
    let folder = service.values[ProviderProperties.participants]
    // A folder of one's own stays as it is; the default one is filled with whom the simulator knows.
    if try folder == stateFolder + "/participants" || environment.fileSystem.status(folder) == nil {
      try simulator.writeParticipants(to: folder, markedAsSimulator: true)
    }
    let baseURL = try await simulator.start()
    graph.services[index].values = service.values.replacing(ProviderProperties.baseURL, with: baseURL)
      .replacing(ProviderProperties.simulated, with: true)
    return Simulation(graph: graph, simulator: simulator)
  }

  /// The graph as commands see it that only look at files: with `api=simulator` an address at which nobody is asked.
  package static func addressed(_ graph: FlowGraph) -> FlowGraph {
    var graph = graph
    for index in graph.services.indices where isSimulated(graph.services[index]) {
      graph.services[index].values = graph.services[index].values.replacing(ProviderProperties.baseURL, with: "http://127.0.0.1")
        .replacing(ProviderProperties.simulated, with: true)
    }
    return graph
  }

  package func stop() async { await simulator.stop() }

  private static let stateFolder = "simulated"

  private static func isSimulated(_ service: ServiceDeclaration) -> Bool {
    service.isProvider && service.values[ProviderProperties.baseURL] == "simulator"
  }
}
