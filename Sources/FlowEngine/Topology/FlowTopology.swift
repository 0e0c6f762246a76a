import FlowCore

/// A flow graph prepared for running: indices instead of names, connections instead of destinations, and its cycles.
struct FlowTopology: Sendable {
  struct Node: Sendable {
    var name: String
    var type: String
    /// Has no input: it is triggered without a FlowFile.
    var isSource: Bool
    var acceptsInput: Bool
    var concurrency: Int
    /// The most FlowFiles that one trigger may take.
    var batch: Int
    /// It may hold FlowFiles.
    var holds: Bool
    var retry: RetryRule?
    var outputs: [Output]
    /// Index of `failure` in `outputs`.
    var failureOutput: Int
    /// Incoming connections.
    var incoming: [Int] = []
    /// Outgoing connections except self-loops: the ones whose back-pressure applies.
    var outgoing: [Int] = []
    /// Index of its strongly connected component; lower is further downstream.
    var component: Int = 0
    /// The other processors from which FlowFiles can come, near or far; only of those that hold.
    var upstream: [Int] = []

    /// The index of a relationship's output; nil if there is none.
    func output(of relationship: String) -> Int? { outputs.firstIndex { $0.relationship == relationship } }
  }

  struct Output: Sendable {
    var relationship: String
    /// The retry rule applies to it.
    var isRetried: Bool
    var targets: [Target]
    /// Declared in the graph; undeclared outputs appear in reports only if they were used.
    var isDeclared = true
  }

  enum Target: Sendable, Equatable {
    case connection(Int)
    case errors
    case deferred
    case drop
  }

  struct Connection: Sendable {
    /// nil for injected FlowFiles (a replay).
    var source: Int?
    var relationship: String
    var destination: Int
    var limits: QueueLimits
    /// Both ends are in the same cycle.
    var isInsideCycle = false
  }

  private(set) var nodes: [Node]
  private(set) var connections: [Connection] = []
  /// The processors of each strongly connected component. Components with one processor are not cycles that can
  /// deadlock.
  private(set) var components: [[Int]] = []
  /// The processors that may hold FlowFiles.
  private(set) var holders: [Int] = []

  /// - Parameter injected: the processors that receive injected FlowFiles; each gets an additional queue without
  ///   thresholds.
  init(_ graph: FlowGraph, injected: Set<Int> = []) {
    nodes = graph.processors.map(Self.node)
    for source in graph.processors.indices { connect(source, graph.processors[source].outputs) }
    for destination in injected.sorted() {
      connections.append(
        Connection(source: nil, relationship: "", destination: destination, limits: QueueLimits(count: 0, bytes: 0)))
    }
    for (index, connection) in connections.enumerated() {
      nodes[connection.destination].incoming.append(index)
      if let source = connection.source, source != connection.destination { nodes[source].outgoing.append(index) }
    }
    for index in nodes.indices { nodes[index].isSource = isSource(index, graph.processors[index].descriptor.input) }
    findCycles()
    findHolders()
  }

  /// The queue for FlowFiles injected into a processor; nil if there is none.
  func injectionQueue(of processor: Int) -> Int? {
    nodes[processor].incoming.first { connections[$0].source == nil }
  }

  private static func node(_ processor: ProcessorNode) -> Node {
    let retried = processor.retry?.relationships ?? []
    var outputs = processor.outputs.map {
      Output(relationship: $0.relationship, isRetried: retried.contains($0.relationship), targets: [])
    }
    // An error needs an output even if the graph does not declare one.
    if !outputs.contains(where: { $0.relationship == Relationship.failureName }) {
      outputs.append(
        Output(
          relationship: Relationship.failureName, isRetried: retried.contains(Relationship.failureName), targets: [.errors],
          isDeclared: false))
    }
    let failure = outputs.firstIndex { $0.relationship == Relationship.failureName } ?? 0
    return Node(
      name: processor.name, type: processor.descriptor.type, isSource: false, acceptsInput: processor.descriptor.input != .forbidden,
      concurrency: max(1, processor.concurrency),
      batch: max(1, processor.descriptor.batch), holds: processor.descriptor.holds, retry: processor.retry, outputs: outputs, failureOutput: failure)
  }

  private mutating func connect(_ source: Int, _ outputs: [GraphOutput]) {
    for (index, output) in outputs.enumerated() {
      for destination in output.destinations {
        switch destination {
        case .processor(let destination, let limits):
          nodes[source].outputs[index].targets.append(.connection(connections.count))
          connections.append(
            Connection(source: source, relationship: output.relationship, destination: destination, limits: limits))
        case .errors: nodes[source].outputs[index].targets.append(.errors)
        case .defer: nodes[source].outputs[index].targets.append(.deferred)
        case .drop: nodes[source].outputs[index].targets.append(.drop)
        }
      }
    }
  }

  private func isSource(_ index: Int, _ input: ProcessorDescriptor.Input) -> Bool {
    switch input {
    case .forbidden: true
    case .required: false
    case .allowed: !nodes[index].incoming.contains { connections[$0].source != nil && connections[$0].source != index }
    }
  }

  private mutating func findHolders() {
    holders = nodes.indices.filter { nodes[$0].holds }
    guard !holders.isEmpty else { return }
    var sources = Array(repeating: [Int](), count: nodes.count)
    for connection in connections { if let source = connection.source { sources[connection.destination].append(source) } }
    for holder in holders {
      var upstream: [Int] = []
      DirectedGraph.walk(from: holder, along: sources) { next in
        if next != holder { upstream.append(next) }
        return true
      }
      nodes[holder].upstream = upstream
    }
  }

  private mutating func findCycles() {
    let successors = nodes.map { node in node.outgoing.map { connections[$0].destination } }
    components = DirectedGraph(successors).stronglyConnectedComponents()
    for (component, members) in components.enumerated() {
      for member in members { nodes[member].component = component }
    }
    for index in connections.indices {
      guard let source = connections[index].source else { continue }
      connections[index].isInsideCycle = nodes[source].component == nodes[connections[index].destination].component
    }
  }
}
