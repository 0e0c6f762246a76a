import FlowBase
import Testing

@Suite("A directed graph")
struct DirectedGraphTests {
  @Test(
    "lists its components from downstream to upstream",
    arguments: [
      ([[1], [2], [1, 3], []], [[3], [1, 2], [0]]), ([[0]], [[0]]), ([], []), ([[1], [0], [3], [2]], [[0, 1], [2, 3]]),
    ] as [([[Int]], [[Int]])])
  func components(successors: [[Int]], components: [[Int]]) {
    #expect(DirectedGraph(successors).stronglyConnectedComponents() == components)
  }

  @Test(
    "has a cycle for each component that leads back to itself",
    arguments: [
      ([[1], [2], [1, 3], []], [[1, 2]]), ([[0]], [[0]]), ([[1], []], []), ([[1], [0], [3], [2]], [[0, 1], [2, 3]]),
    ] as [([[Int]], [[Int]])])
  func cycles(successors: [[Int]], cycles: [[Int]]) {
    #expect(DirectedGraph(successors).cycles() == cycles)
  }

  @Test("of the maximum size does not exhaust the stack")
  func long() {
    let count = 200_000
    let ring = DirectedGraph((0..<count).map { [($0 + 1) % count] })
    #expect(ring.cycles() == [Array(0..<count)])
  }

  @Test("is traversed up to the given vertices, each once, including the start of a cycle")
  func walk() {
    let graph = DirectedGraph([[1, 2], [3], [3, 3], [1]])
    var visited: [Int] = []
    DirectedGraph.walk(from: 3, along: graph.predecessors) { vertex in
      visited.append(vertex)
      return vertex != 2
    }
    #expect(visited == [2, 1, 3, 0])
  }
}
