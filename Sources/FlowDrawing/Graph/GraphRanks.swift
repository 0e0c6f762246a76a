import FlowBase

/// The first step of a layered layout: cycles are broken, and every node gets a rank, so that edges lead downwards.
///
/// All nodes of a group are above those of the groups that it leads to, unless groups lead to each other: stages of a flow are stacked.
struct GraphRanks {
  /// An edge as it is laid out, from the upper node to the lower one.
  struct Link {
    /// Index into `GraphPicture.edges`.
    var edge: Int
    var upper: Int
    var lower: Int
    /// The edge itself leads upwards.
    var isBack: Bool
  }

  /// The rank of each node, from 0.
  private(set) var ranks: [Int]
  /// All edges between different nodes.
  let links: [Link]
  /// For each node, the number of its cluster: a group, or the node alone.
  let clusters: [Int]
  /// The name of each cluster; nil for a node without a group.
  let clusterNames: [String?]

  init(_ picture: GraphPicture) {
    links = Self.links(picture)
    var names: [String?] = [], numbers: [String: Int] = [:]
    clusters = picture.nodes.map { node in
      if !node.group.isEmpty, let known = numbers[node.group] { return known }
      names.append(node.group.isEmpty ? nil : node.group)
      if !node.group.isEmpty { numbers[node.group] = names.count - 1 }
      return names.count - 1
    }
    clusterNames = names
    ranks = []
    ranks = assigned(count: picture.nodes.count)
  }

  /// Edges that lead to a node on the path of a depth-first search are turned round.
  private static func links(_ picture: GraphPicture) -> [Link] {
    var outgoing = [[Int]](repeating: [], count: picture.nodes.count)
    for (index, edge) in picture.edges.enumerated() where edge.from != edge.to { outgoing[edge.from].append(index) }
    enum Visit { case new, open, done }
    var visits = [Visit](repeating: .new, count: picture.nodes.count)
    var back: Set<Int> = []
    for start in picture.nodes.indices where visits[start] == .new {
      var path = [(node: start, next: 0)]
      visits[start] = .open
      while let (node, next) = path.last {
        guard next < outgoing[node].count else {
          visits[node] = .done
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let edge = outgoing[node][next], target = picture.edges[edge].to
        switch visits[target] {
        case .open: back.insert(edge)
        case .new:
          visits[target] = .open
          path.append((target, 0))
        case .done: break
        }
      }
    }
    return picture.edges.enumerated().filter { $0.element.from != $0.element.to }.map { index, edge in
      back.contains(index)
        ? Link(edge: index, upper: edge.to, lower: edge.from, isBack: true) : Link(edge: index, upper: edge.from, lower: edge.to, isBack: false)
    }
  }

  /// Longest paths over the edges, and over a vertex below each cluster, from which the clusters lead that follow.
  private func assigned(count: Int) -> [Int] {
    let stages = Self.stages(links, clusters, clusterNames.count)
    var successors = [[(to: Int, distance: Int)]](repeating: [], count: count + clusterNames.count)
    for link in links { successors[link.upper].append((link.lower, 1)) }
    for node in 0..<count { successors[node].append((count + clusters[node], 0)) }
    for (upper, lower) in stages {
      for node in 0..<count where clusters[node] == lower { successors[count + upper].append((node, 1)) }
    }
    var waiting = [Int](repeating: 0, count: successors.count)
    for next in successors.joined() { waiting[next.to] += 1 }
    var ranks = [Int](repeating: 0, count: successors.count)
    var ready = successors.indices.filter { waiting[$0] == 0 }, done = 0
    let sources = ready
    while done < ready.count {
      let vertex = ready[done]
      done += 1
      for next in successors[vertex] {
        ranks[next.to] = max(ranks[next.to], ranks[vertex] + next.distance)
        waiting[next.to] -= 1
        if waiting[next.to] == 0 { ready.append(next.to) }
      }
    }
    precondition(ready.count == successors.count, "the ranks of a graph have a cycle")
    // A source stands right above what it leads to.
    for source in sources where source < count {
      if let lowest = successors[source].filter({ $0.to < count }).map({ ranks[$0.to] - $0.distance }).min() {
        ranks[source] = max(0, min(lowest, ranks[count + clusters[source]]))
      }
    }
    return Array(ranks.prefix(count))
  }

  /// Pairs of clusters, the first of which leads to the second and not back.
  private static func stages(_ links: [Link], _ clusters: [Int], _ count: Int) -> [(Int, Int)] {
    var successors = [Set<Int>](repeating: [], count: count)
    for link in links where !link.isBack && clusters[link.upper] != clusters[link.lower] { successors[clusters[link.upper]].insert(clusters[link.lower]) }
    let ordered = successors.map { $0.sorted() }
    var component = [Int](repeating: 0, count: count)
    for (number, members) in DirectedGraph(ordered).stronglyConnectedComponents().enumerated() {
      for member in members { component[member] = number }
    }
    return ordered.indices.flatMap { upper in ordered[upper].filter { component[$0] != component[upper] }.map { (upper, $0) } }
  }
}
