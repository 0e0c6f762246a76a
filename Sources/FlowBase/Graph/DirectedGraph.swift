/// A directed graph whose vertices are numbered from 0.
package struct DirectedGraph: Sendable {
  /// For each vertex, the targets of its outgoing edges.
  package let successors: [[Int]]

  package init(_ successors: [[Int]]) { self.successors = successors }

  /// For each vertex, the sources of its incoming edges; parallel edges repeat the source.
  package var predecessors: [[Int]] {
    var predecessors = [[Int]](repeating: [], count: successors.count)
    for (vertex, next) in successors.enumerated() {
      for other in next { predecessors[other].append(vertex) }
    }
    return predecessors
  }

  /// The strongly connected components in reverse topological order (furthest downstream first), each in ascending
  /// order.
  package func stronglyConnectedComponents() -> [[Int]] {
    var search = ComponentSearch(successors)
    return search.components()
  }

  /// The components that contain a cycle, each in ascending order, sorted by first member.
  package func cycles() -> [[Int]] {
    stronglyConnectedComponents().filter { $0.count > 1 || successors[$0[0]].contains($0[0]) }.sorted { $0[0] < $1[0] }
  }

  /// Visits every vertex reachable from `start` once; `start` itself only if a cycle leads back to it.
  /// - Parameters:
  ///   - edges: the adjacency lists to follow: `successors` or `predecessors`.
  ///   - visit: returns false if the walk must not continue past the vertex.
  package static func walk(from start: Int, along edges: [[Int]], visit: (Int) -> Bool) {
    var seen: Set<Int> = []
    var waiting = edges[start]
    while let next = waiting.popLast() {
      if seen.insert(next).inserted, visit(next) { waiting += edges[next] }
    }
  }
}

/// Tarjan's algorithm ("Depth-first search and linear graph algorithms", 1972), iterative: a long flow must not
/// overflow the stack.
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
