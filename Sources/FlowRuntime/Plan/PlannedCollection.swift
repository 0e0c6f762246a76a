import FlowCore
import StudyModel
import StudyParticipants
import StudyProcessors

/// A SliceTimeRange of a flow with everything around it that asks the provider.
struct PlannedCollection: Sendable {
  let planning: SlicePlanning
  let provider: OAuthProvider
  let store: any RecordStore
  /// The processor that renews tokens, and the one that asks for the latest sync; nil if the flow has none before its slices.
  private let tokenProcessor: String?
  private let syncProcessor: String?
  private let endpointsByRelationship: [String: [ProcessorNode]]
  /// All processors that ask for slices, in the order of the flow.
  let endpoints: [ProcessorNode]

  /// Throws a `Diagnostic` for a provider without participant files.
  init(_ node: ProcessorNode, at index: Int, of graph: FlowGraph, _ services: ServiceDirectory) throws {
    guard let provider = services.provider(node.values[SliceTimeRange.provider].name) as? OAuthProvider,
      let store = services.store(node.values[SliceTimeRange.ledger].name)
    else {
      throw Diagnostic(
        .unsuitableFlow, file: graph.file, position: node.position, subject: "\(node.descriptor.type) '\(node.name)'",
        found: "its provider has no participant files", expected: "a service such as FitbitWebAPI")
    }
    planning = SlicePlanning(node.values, flowSHA256: graph.sha256)
    self.provider = provider
    self.store = store
    let before = ServiceMap(graph).upstream(of: index).map { graph.processors[$0] }
    tokenProcessor = before.first { $0.descriptor.type == RefreshToken.descriptor.type }?.name
    syncProcessor = before.first { $0.descriptor.type == GetLatestSync.descriptor.type }?.name
    endpointsByRelationship = Dictionary(
      node.outputs.map { ($0.relationship, Self.endpoints(after: $0, in: graph)) }) { first, _ in first }
    let relationships = planning.relationships
    let names = Set(endpointsByRelationship.filter { relationships.contains($0.key) }.values.joined().map(\.name))
    endpoints = graph.processors.filter { names.contains($0.name) }
  }

  /// The processors that ask for the slices of a relationship.
  func endpoints(of relationship: String) -> [ProcessorNode] { endpointsByRelationship[relationship] ?? [] }

  /// Whether the consent covers what the latest sync is known from.
  func canSync(_ outlook: ParticipantOutlook) -> Bool { provider.wire.syncRequestCount(isGranted: outlook.isGranted) != nil }

  /// Requests for token, account and latest sync, by processor.
  func requestsBeforeSlices(_ outlook: ParticipantOutlook) -> [(endpoint: String, count: Int)] {
    var requests: [(endpoint: String, count: Int)] = []
    if let tokenProcessor { requests.append((tokenProcessor, (outlook.renewsToken ? 1 : 0) + (outlook.asksIdentity ? 1 : 0))) }
    if let syncProcessor { requests.append((syncProcessor, provider.wire.syncRequestCount(isGranted: outlook.isGranted) ?? 0)) }
    return requests
  }

  /// Follows FlowFiles that are served: an endpoint's other outputs lead to waits and errors.
  private static func endpoints(after output: GraphOutput, in graph: FlowGraph) -> [ProcessorNode] {
    func next(_ outputs: [GraphOutput]) -> [Int] {
      outputs.flatMap(\.destinations).compactMap { destination in
        if case .processor(let index, _) = destination { index } else { nil }
      }
    }
    var found: [ProcessorNode] = []
    var seen: Set<Int> = []
    var waiting = next([output])
    while !waiting.isEmpty {
      let index = waiting.removeFirst()
      guard seen.insert(index).inserted else { continue }
      let node = graph.processors[index], isEndpoint = node.descriptor.type == InvokeEndpoint.descriptor.type
      if isEndpoint { found.append(node) }
      waiting += next(isEndpoint ? node.outputs.filter { $0.relationship == InvokeEndpoint.success.name } : node.outputs)
    }
    return found
  }
}
