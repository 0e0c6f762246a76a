import FlowCore
import StudyModel
import StudyProcessors

/// The part of a flow behind its requests, with a source that gives out kept responses in their place.
struct RebuildGraph {
  /// The processors that keep what they are answered, by name.
  let endpoints: [String]
  let graph: FlowGraph
  /// The service with the responses; nil if an archive is read.
  let rawStorage: String?
  /// The service that it writes to.
  let ledger: String

  /// Throws `Diagnostics` if the flow keeps no responses, or makes no rows of them.
  /// - Parameter readsArchive: the responses come from elsewhere than the flow's raw storage.
  init(_ flow: FlowGraph, readsArchive: Bool = false) throws {
    let keepers = flow.processors.indices.filter { index in
      let node = flow.processors[index]
      return Self.isEndpoint(node) && (readsArchive || node.values.optional(InvokeEndpoint.raw) != nil)
    }
    let names = Set(keepers.compactMap { flow.processors[$0].values.optional(InvokeEndpoint.raw)?.name }).sorted()
    guard !keepers.isEmpty else {
      throw Diagnostics([
        Diagnostic(
          .missingProperty, file: flow.file, subject: "flow '\(flow.name)'", found: "none of its processors keeps the responses of the provider",
          expected: "a service of type RawStorage that InvokeEndpoint names as 'raw', as in the shipped flows")
      ])
    }
    guard names.count == 1 || readsArchive else {
      throw Diagnostics([
        Diagnostic(
          .conflictingProperties, file: flow.file, subject: "flow '\(flow.name)'", found: "its responses are kept in \(names.count) raw storages ('\(names.joined(separator: "', '"))')",
          expected: "one for all of them")
      ])
    }
    let map = ServiceMap(flow)
    guard let ledger = keepers.lazy.compactMap({ map.service(.recordStore, of: $0) }).first else {
      throw Diagnostics([
        Diagnostic(
          .missingProperty, file: flow.file, subject: "flow '\(flow.name)'", found: "nothing is written of its responses", expected: "a WriteRecords behind an InvokeEndpoint")
      ])
    }
    let storage = readsArchive ? nil : names.first
    rawStorage = storage
    self.ledger = ledger
    endpoints = keepers.map { flow.processors[$0].name }
    graph = Self.graph(flow, keepers, storage: storage, ledger: ledger)
  }

  static func isEndpoint(_ node: ProcessorNode) -> Bool { node.descriptor.type == InvokeEndpoint.descriptor.type }

  private static func graph(_ flow: FlowGraph, _ keepers: [Int], storage: String?, ledger: String) -> FlowGraph {
    let kept = behind(keepers, in: flow)
    // The source comes first.
    let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0 + 1) })
    func moved(_ destinations: [GraphOutput.Destination]) -> [GraphOutput.Destination] {
      destinations.map { destination in
        guard case .processor(let index, let limits) = destination else { return destination }
        // It leads to a request: that request's own answers are kept, too.
        return places[index].map { .processor($0, limits) } ?? .drop
      }
    }
    let outputs = keepers.map { index in
      let success = flow.processors[index].outputs.first { $0.relationship == InvokeEndpoint.success.name }
      return GraphOutput(relationship: flow.processors[index].name, destinations: moved(success?.destinations ?? [.drop]))
    }
    var values = PropertyValues()
      .replacing(ReadRawResponses.ledger, with: ServiceReference(name: ledger)).replacing(ReadRawResponses.endpoints, with: keepers.map { flow.processors[$0].name })
    if let storage { values = values.replacing(ReadRawResponses.raw, with: ServiceReference(name: storage)) }
    let source = ProcessorNode(
      name: sourceName(in: flow), type: ReadRawResponses.self, group: "", values: values, position: flow.processors[keepers[0]].position, concurrency: 1,
      retry: nil, outputs: [GraphOutput(relationship: Relationship.failureName, destinations: [.errors])] + outputs)
    var graph = flow
    graph.processors =
      [source]
      + kept.map { index in
        var node = flow.processors[index]
        node.outputs = node.outputs.map { GraphOutput(relationship: $0.relationship, destinations: moved($0.destinations)) }
        return node
      }
    return graph
  }

  /// The processors that answers reach, without those that ask, in the order of the flow.
  private static func behind(_ keepers: [Int], in flow: FlowGraph) -> [Int] {
    var found: Set<Int> = []
    var next = keepers.flatMap { index in flow.processors[index].outputs.filter { $0.relationship == InvokeEndpoint.success.name } }
    while let output = next.popLast() {
      for case .processor(let index, _) in output.destinations where !isEndpoint(flow.processors[index]) && found.insert(index).inserted {
        next += flow.processors[index].outputs
      }
    }
    return found.sorted()
  }

  private static func sourceName(in flow: FlowGraph) -> String {
    let name = "read raw responses"
    return flow.index(of: name) == nil ? name : name + " (rebuild)"
  }
}
