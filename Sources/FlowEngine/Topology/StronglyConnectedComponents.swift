/// Tarjan's algorithm ("Depth-first search and linear graph algorithms", 1972): the strongly connected components of a directed graph,
/// in reverse topological order (what is furthest downstream comes first).
///
/// - Parameter successors: for each vertex, the vertices to which its edges lead.
func stronglyConnectedComponents(_ successors: [[Int]]) -> [[Int]] {
  var search = ComponentSearch(successors: successors)
  for vertex in successors.indices where search.order[vertex] == nil { search.visit(vertex) }
  return search.components
}

private struct ComponentSearch {
  let successors: [[Int]]
  var order: [Int?]
  var components: [[Int]] = []
  private var lowest: [Int]
  private var stack: [Int] = []
  private var isOnStack: [Bool]
  private var visited = 0

  init(successors: [[Int]]) {
    self.successors = successors
    order = Array(repeating: nil, count: successors.count)
    lowest = Array(repeating: 0, count: successors.count)
    isOnStack = Array(repeating: false, count: successors.count)
  }

  mutating func visit(_ vertex: Int) {
    let number = visited
    visited += 1
    order[vertex] = number
    lowest[vertex] = number
    stack.append(vertex)
    isOnStack[vertex] = true
    for next in successors[vertex] {
      if let known = order[next] {
        if isOnStack[next] { lowest[vertex] = min(lowest[vertex], known) }
      } else {
        visit(next)
        lowest[vertex] = min(lowest[vertex], lowest[next])
      }
    }
    if lowest[vertex] == number { popComponent(endingAt: vertex) }
  }

  private mutating func popComponent(endingAt root: Int) {
    var members: [Int] = []
    while let member = stack.popLast() {
      isOnStack[member] = false
      members.append(member)
      if member == root { break }
    }
    components.append(members.sorted())
  }
}
