/// What is drawn of a flow: boxes and the connections between them.
///
/// Edges name nodes by index. Parallel edges, cycles and edges from a node to itself are allowed.
package struct GraphPicture: Sendable, Equatable {
  package struct Node: Sendable, Equatable {
    /// Unique in the picture.
    package var name: String
    package var type: String
    /// The cluster in which it is drawn; empty for none.
    package var group: String
    /// Total number of tries, if it retries.
    package var attempts: Int?
    /// Where FlowFiles go that leave the graph here.
    package var exits: [Exit]

    package init(name: String, type: String, group: String = "", attempts: Int? = nil, exits: [Exit] = []) {
      self.name = name
      self.type = type
      self.group = group
      self.attempts = attempts
      self.exits = exits
    }
  }

  /// Relationships that lead out of the graph: to the error folder, to the next run, or to the end.
  package struct Exit: Sendable, Equatable {
    /// `errors`, `defer` or `drop`.
    package var destination: String
    package var relationships: [String]
    /// FlowFiles of a run; nil without a run.
    package var count: Int?

    package init(destination: String, relationships: [String], count: Int? = nil) {
      self.destination = destination
      self.relationships = relationships
      self.count = count
    }
  }

  package struct Edge: Sendable, Equatable {
    package var from: Int
    package var to: Int
    package var relationships: [String]
    /// FlowFiles of a run; nil without a run.
    package var count: Int?

    package init(from: Int, to: Int, relationships: [String], count: Int? = nil) {
      self.from = from
      self.to = to
      self.relationships = relationships
      self.count = count
    }

    /// `distinct, changed 12`.
    package var label: String { relationships.joined(separator: ", ") + (count.map { " \($0)" } ?? "") }
  }

  package var title: String
  package var nodes: [Node]
  package var edges: [Edge]

  /// Edges must name nodes of the picture.
  package init(title: String, nodes: [Node], edges: [Edge]) {
    precondition(edges.allSatisfy { nodes.indices.contains($0.from) && nodes.indices.contains($0.to) }, "an edge of a graph leads to no node")
    self.title = title
    self.nodes = nodes
    self.edges = edges
  }

  /// The names of the groups, in the order of their first nodes.
  package var groups: [String] {
    var seen: Set<String> = []
    return nodes.map(\.group).filter { !$0.isEmpty && seen.insert($0).inserted }
  }
}
