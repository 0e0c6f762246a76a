import FlowCore

extension FlowLoader {
  /// The cycles of a flow: each a set of processors that lead to each other (or to themselves), by name, in the order
  /// of the file.
  ///
  /// Those that are left are retries and bounded by conditions (`LoopRules`); `validate` names them.
  package static func cycles(of graph: FlowGraph) -> [[String]] {
    var search = CycleSearch(
      graph.processors.map { node in
        node.outputs.flatMap(\.destinations).compactMap { destination in
          if case .processor(let index, _) = destination { index } else { nil }
        }
      })
    return search.cycles().map { cycle in cycle.sorted().map { graph.processors[$0].name } }
  }
}

/// Tarjan's strongly connected components, without recursion: a flow may be long.
struct CycleSearch {
  private let next: [[Int]]
  private var number: [Int?]
  private var lowest: [Int]
  private var isOpen: [Bool]
  private var open: [Int] = []
  private var count = 0
  private var found: [[Int]] = []

  init(_ next: [[Int]]) {
    self.next = next
    number = Array(repeating: nil, count: next.count)
    lowest = Array(repeating: 0, count: next.count)
    isOpen = Array(repeating: false, count: next.count)
  }

  /// By their first member.
  mutating func cycles() -> [[Int]] {
    for start in next.indices where number[start] == nil { visit(from: start) }
    return found.sorted { ($0.min() ?? 0) < ($1.min() ?? 0) }
  }

  private mutating func visit(from start: Int) {
    var path: [(index: Int, edge: Int)] = [(start, 0)]
    enter(start)
    while let (index, edge) = path.last {
      if edge < next[index].count {
        path[path.count - 1].edge += 1
        let other = next[index][edge]
        if number[other] == nil {
          enter(other)
          path.append((other, 0))
        } else if isOpen[other] {
          lowest[index] = min(lowest[index], number[other] ?? 0)
        }
      } else {
        path.removeLast()
        if let parent = path.last { lowest[parent.index] = min(lowest[parent.index], lowest[index]) }
        if lowest[index] == number[index] { close(index) }
      }
    }
  }

  private mutating func enter(_ index: Int) {
    number[index] = count
    lowest[index] = count
    count += 1
    open.append(index)
    isOpen[index] = true
  }

  private mutating func close(_ index: Int) {
    var component: [Int] = []
    while let last = open.popLast() {
      isOpen[last] = false
      component.append(last)
      if last == index { break }
    }
    if component.count > 1 || next[index].contains(index) { found.append(component) }
  }
}
