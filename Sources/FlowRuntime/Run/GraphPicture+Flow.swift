import FlowCore
import FlowDrawing

extension GraphPicture {
  /// What is drawn of a flow. Connections between the same two processors are one edge.
  /// - Parameter reports: the processors of a run of the flow, for counts; nil: without counts. A processor that the run did not have counts 0.
  package init(_ graph: FlowGraph, reports: [ProcessorReport]? = nil) {
    let sent = reports.map { Dictionary($0.map { ($0.name, $0.sent) }) { first, _ in first } }
    var nodes: [Node] = []
    var edges: [Edge] = []
    for (index, processor) in graph.processors.enumerated() {
      func count(_ relationship: String) -> Int? { sent.map { $0[processor.name]?[relationship] ?? 0 } }
      var exits: [Exit] = []
      for output in processor.outputs {
        for destination in output.destinations {
          switch destination {
          case .processor(let target, _):
            if let known = edges.firstIndex(where: { $0.from == index && $0.to == target }) {
              edges[known].add(output.relationship, count(output.relationship))
            } else {
              edges.append(Edge(from: index, to: target, relationships: [output.relationship], count: count(output.relationship)))
            }
          case .errors: exits.add(output.relationship, to: "errors", count(output.relationship))
          case .defer: exits.add(output.relationship, to: "defer", count(output.relationship))
          case .drop: exits.add(output.relationship, to: "drop", count(output.relationship))
          }
        }
      }
      nodes.append(
        Node(
          name: processor.name, type: processor.descriptor.type, group: processor.group, attempts: processor.retry?.attempts, exits: exits))
    }
    self.init(title: graph.name, nodes: nodes, edges: edges)
  }
}

extension GraphPicture.Edge {
  fileprivate mutating func add(_ relationship: String, _ more: Int?) {
    relationships.append(relationship)
    if let more { count = (count ?? 0) + more }
  }
}

extension [GraphPicture.Exit] {
  fileprivate mutating func add(_ relationship: String, to destination: String, _ count: Int?) {
    if let known = firstIndex(where: { $0.destination == destination }) {
      self[known].relationships.append(relationship)
      if let count { self[known].count = (self[known].count ?? 0) + count }
    } else {
      append(GraphPicture.Exit(destination: destination, relationships: [relationship], count: count))
    }
  }
}
