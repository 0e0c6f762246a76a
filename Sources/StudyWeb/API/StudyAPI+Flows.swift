import FlowCore
import FlowRuntime
import Hummingbird

/// A served flow as the API writes it.
struct FlowRecord: Encodable {
  var flow: String
  var summary: String
  var file: String
  var sha256: String

  init(_ flow: ServedFlow) {
    self.flow = flow.name
    summary = flow.graph.summary
    file = flow.file
    sha256 = flow.graph.sha256
  }

  static let schema: DocumentValue = .record(["flow": .string, "summary": .string, "file": .string, "sha256": .string])
}

/// A flow's processors and connections as the API writes them.
struct GraphRecord: Encodable {
  struct Node: Encodable {
    var name: String
    var type: String
    /// Empty for none.
    var group: String
  }
  struct Edge: Encodable {
    var from: String
    var to: String
    var relationships: [String]
  }
  /// Where FlowFiles of a relationship end.
  struct End: Encodable {
    var from: String
    var relationship: String
    var end: String
  }

  var flow: String
  var nodes: [Node]
  /// From processor to processor.
  var edges: [Edge]
  var ends: [End]

  init(_ graph: FlowGraph) {
    flow = graph.name
    nodes = graph.processors.map { Node(name: $0.name, type: $0.descriptor.type, group: $0.group) }
    var edges: [Edge] = []
    var ends: [End] = []
    for node in graph.processors {
      for output in node.outputs {
        for destination in output.destinations {
          switch destination {
          case .processor(let index, _):
            let to = graph.processors[index].name
            if let known = edges.firstIndex(where: { $0.from == node.name && $0.to == to }) {
              edges[known].relationships.append(output.relationship)
            } else {
              edges.append(Edge(from: node.name, to: to, relationships: [output.relationship]))
            }
          case .errors: ends.append(End(from: node.name, relationship: output.relationship, end: "errors"))
          case .defer: ends.append(End(from: node.name, relationship: output.relationship, end: "defer"))
          case .drop: ends.append(End(from: node.name, relationship: output.relationship, end: "drop"))
          }
        }
      }
    }
    self.edges = edges
    self.ends = ends
  }

  static let schema: DocumentValue = .record([
    "flow": .string, "nodes": .list(of: .record(["name": .string, "type": .string, "group": .string])),
    "edges": .list(of: .record(["from": .string, "to": .string, "relationships": .list(of: .string)])),
    "ends": .list(of: .record(["from": .string, "relationship": .string, "end": .oneOf(["errors", "defer", "drop"])])),
  ])
}

extension StudyAPI {
  var flowOperations: [APIOperation] {
    [
      APIOperation(
        id: "listFlows", method: .get, path: "/flows", summary: "The flows that the server was started with", text: "In that order.",
        answers: [.json("The flows.", .list(of: .reference("Flow")))]
      ) { request in try .json(studies.map { FlowRecord($0.flow) }, to: request.request) },
      APIOperation(
        id: "getGraph", method: .get, path: "/flows/{flow}/graph", summary: "The processors of a flow and their connections",
        text: "`edges` lead from processor to processor; `ends` say which relationships end in the error folder, are deferred or dropped.",
        parameters: [.path("flow", "The flow's name.", example: studies.first?.flow.name ?? "fitbit")],
        answers: [.json("The graph.", .reference("Graph")), .problem(404, "There is no such flow.")]
      ) { request in try .json(GraphRecord(study(request).flow.graph), to: request.request) },
    ]
  }
}
