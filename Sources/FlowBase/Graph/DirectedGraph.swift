/// A directed graph over the vertices 0, 1, 2 and so on.
package struct DirectedGraph: Sendable {
  /// For each vertex, the vertices to which its edges lead.
  package let successors: [[Int]]

  package init(_ successors: [[Int]]) { self.successors = successors }

  /// For each vertex, those from which an edge leads to it; one that has two edges to it stands there twice.
  package var predecessors: [[Int]] {
    var predecessors = [[Int]](repeating: [], count: successors.count)
    for (vertex, next) in successors.enumerated() {
      for other in next { predecessors[other].append(vertex) }
    }
    return predecessors
  }

  /// The strongly connected components, each in ascending order, in reverse topological order (what is furthest downstream comes first).
  package func stronglyConnectedComponents() -> [[Int]] {
    var search = ComponentSearch(successors)
    return search.components()
  }

  /// The components that lead back to themselves, each in ascending order, by their first member.
  package func cycles() -> [[Int]] {
    stronglyConnectedComponents().filter { $0.count > 1 || successors[$0[0]].contains($0[0]) }.sorted { $0[0] < $1[0] }
  }

  /// Walks along edges from a vertex and visits every vertex that it reaches once: the vertex itself where a cycle leads back to it.
  /// - Parameters:
  ///   - edges: for each vertex, where to go on: `successors` or `predecessors`.
  ///   - visit: false where the walk shall not go beyond a vertex.
  package static func walk(from start: Int, along edges: [[Int]], visit: (Int) -> Bool) {
    var seen: Set<Int> = []
    var waiting = edges[start]
    while let next = waiting.popLast() {
      if seen.insert(next).inserted, visit(next) { waiting += edges[next] }
    }
  }
}

/// Tarjan's algorithm ("Depth-first search and linear graph algorithms", 1972), without recursion: a graph may be long.
private struct ComponentSearch {
  private let successors: [[Int]]
  private var order: [Int?]
  private var lowest: [Int]
  private var isOpen: [Bool]
  private var open: [Int] = []
  private var visited = 0
  private var found: [[Int]] = []

  init(_ successors: [[Int]]) {
    self.successors = successors
    order = Array(repeating: nil, count: successors.count)
    lowest = Array(repeating: 0, count: successors.count)
    isOpen = Array(repeating: false, count: successors.count)
  }

  mutating func components() -> [[Int]] {
    for start in successors.indices where order[start] == nil { visit(from: start) }
    return found
  }

  private mutating func visit(from start: Int) {
    var path: [(vertex: Int, edge: Int)] = [(start, 0)]
    enter(start)
    while let (vertex, edge) = path.last {
      if edge < successors[vertex].count {
        path[path.count - 1].edge += 1
        let other = successors[vertex][edge]
        if let known = order[other] {
          if isOpen[other] { lowest[vertex] = min(lowest[vertex], known) }
        } else {
          enter(other)
          path.append((other, 0))
        }
      } else {
        path.removeLast()
        if let parent = path.last { lowest[parent.vertex] = min(lowest[parent.vertex], lowest[vertex]) }
        if lowest[vertex] == order[vertex] { close(at: vertex) }
      }
    }
  }

  private mutating func enter(_ vertex: Int) {
    order[vertex] = visited
    lowest[vertex] = visited
    visited += 1
    open.append(vertex)
    isOpen[vertex] = true
  }

  private mutating func close(at root: Int) {
    var members: [Int] = []
    while let member = open.popLast() {
      isOpen[member] = false
      members.append(member)
      if member == root { break }
    }
    found.append(members.sorted())
  }
}
