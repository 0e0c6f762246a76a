import FlowCore
import FlowDrawing

extension GraphPicture {
  /// A graph of up to 60 nodes in up to eight groups, with cycles, parallel edges and edges to itself; the same for the same seed.
  static func random(seed: UInt64) -> GraphPicture {
    let random = SeededRandomSource(seed: seed)
    func number(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
    let count = 1 + number(60), groups = number(9)
    let nodes = (0..<count).map { index in
      // Groups of neighbours mostly, as in flows; sometimes scattered.
      let group = groups == 0 || number(6) == 0 ? "" : "group \(number(4) == 0 ? number(groups) : index * groups / count)"
      return Node(name: "node \(index)" + String(repeating: "x", count: number(20)), type: "Type\(number(9))", group: group)
    }
    let edges = (0..<number(2 * count)).map { _ in
      let from = number(count)
      let to = number(8) == 0 ? number(count) : min(count - 1, from + 1 + number(6))
      return Edge(from: from, to: to, relationships: ["success", "retry"].prefix(1 + number(2)).map { $0 }, count: number(2) == 0 ? number(100_000) : nil)
    }
    return GraphPicture(title: "random \(seed)", nodes: nodes, edges: edges)
  }
}
