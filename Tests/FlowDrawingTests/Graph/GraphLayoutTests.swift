import FlowDrawing
import FlowTesting
import Testing

@Suite("A graph's layout")
struct GraphLayoutTests {
  /// Points along an edge, without those at its boxes' borders.
  private static func points(of route: GraphLayout.Route) -> [GraphLayout.Point] {
    var points: [GraphLayout.Point] = []
    for start in stride(from: 0, to: route.points.count - 1, by: 2) where !route.isLoop {
      points += (1..<24).map { GraphDrawing.point(of: route.points[start], route.points[start + 1], at: Double($0) / 24) }
      if start > 0 {
        let from = route.points[start - 1], to = route.points[start]
        for step in 0...8 {
          let share = Double(step) / 8
          points.append(GraphLayout.Point(x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share))
        }
      }
    }
    return points
  }

  /// What holds for every picture.
  static func check(_ picture: GraphPicture) {
    let layout = GraphLayout(picture)
    let page = GraphLayout.Rectangle(x: 0, y: 0, width: layout.size.width, height: layout.size.height)
    #expect(layout.boxes.count == picture.nodes.count && layout.routes.count == picture.edges.count)
    for (index, box) in layout.boxes.enumerated() {
      #expect(page.contains(box))
      for other in layout.boxes.dropFirst(index + 1) { #expect(!box.overlaps(other), "\(picture.title): two boxes overlap") }
    }
    #expect(layout.clusters.map(\.name).sorted() == picture.groups.sorted())
    for (index, cluster) in layout.clusters.enumerated() {
      #expect(page.contains(cluster.frame))
      for other in layout.clusters.dropFirst(index + 1) { #expect(!cluster.frame.overlaps(other.frame), "\(picture.title): \(cluster.name) and \(other.name) overlap") }
      for (node, box) in zip(picture.nodes, layout.boxes) {
        #expect(node.group == cluster.name ? cluster.frame.contains(box) : !cluster.frame.overlaps(box), "\(picture.title): \(node.name) and \(cluster.name)")
      }
    }
    for (edge, route) in zip(picture.edges, layout.routes) { check(edge, route, layout, page, picture.title) }
  }

  private static func check(
    _ edge: GraphPicture.Edge, _ route: GraphLayout.Route, _ layout: GraphLayout, _ page: GraphLayout.Rectangle, _ title: String
  ) {
    let from = layout.boxes[edge.from], to = layout.boxes[edge.to]
    func isOnBorder(_ point: GraphLayout.Point?, _ box: GraphLayout.Rectangle) -> Bool {
      guard let point, box.x...(box.x + box.width) ~= point.x, box.y...(box.y + box.height) ~= point.y else { return false }
      return point.x == box.x + box.width || point.y == box.y || point.y == box.y + box.height
    }
    #expect(isOnBorder(route.points.first, from) && isOnBorder(route.points.last, to), "\(title): an edge has its ends elsewhere")
    #expect(route.isLoop == (edge.from == edge.to) && page.contains(route.label))
    #expect(route.points.allSatisfy { page.contains(.init(x: $0.x, y: $0.y, width: 0, height: 0)) })
    for point in points(of: route) {
      let crossed = layout.boxes.contains { $0.x < point.x && point.x < $0.x + $0.width && $0.y < point.y && point.y < $0.y + $0.height }
      #expect(!crossed, "\(title): an edge passes through a box")
    }
  }

  @Test("has boxes and clusters side by side, edges that end at their boxes and pass no other, and everything on the page", arguments: Seeds.chosen(usual: 60))
  func holds(seed: UInt64) { Self.check(.random(seed: seed)) }

  @Test("is the same for the same picture")
  func deterministic() {
    for seed: UInt64 in [3, 14, 15] {
      #expect(GraphDrawing(.random(seed: seed)).svg(isStandalone: true) == GraphDrawing(.random(seed: seed)).svg(isStandalone: true))
    }
  }

  @Test("draws a chain from above to below, and a retry loop as one edge back")
  func chain() {
    let nodes = ["a", "b", "c"].map { GraphPicture.Node(name: $0, type: "T", group: "g") }
    let layout = GraphLayout(
      GraphPicture(
        title: "chain", nodes: nodes,
        edges: [.init(from: 0, to: 1, relationships: ["success"]), .init(from: 1, to: 2, relationships: ["success"]), .init(from: 2, to: 0, relationships: ["again"])]))
    #expect(layout.routes.map(\.isBack) == [false, false, true])
    #expect(layout.boxes.map(\.y) == layout.boxes.map(\.y).sorted() && Set(layout.boxes.map(\.y)).count == 3)
  }

  @Test("gives parallel branches no crossing, whatever the order in which they are declared", arguments: [[0, 1, 2, 3], [3, 1, 0, 2], [2, 3, 1, 0]])
  func branches(order: [Int]) {
    var nodes = [GraphPicture.Node(name: "source", type: "T")], edges: [GraphPicture.Edge] = []
    for branch in 0..<4 { nodes.append(.init(name: "first \(branch)", type: "T", group: "first")) }
    for branch in order { nodes.append(.init(name: "second \(branch)", type: "T", group: "second")) }
    for branch in 0..<4 {
      edges.append(.init(from: 0, to: 1 + branch, relationships: ["success"]))
      edges.append(.init(from: 1 + branch, to: 5 + (order.firstIndex(of: branch) ?? 0), relationships: ["success"]))
    }
    let layout = GraphLayout(GraphPicture(title: "branches", nodes: nodes, edges: edges))
    for branch in 0..<4 { #expect(layout.boxes[1 + branch].x == layout.boxes[5 + (order.firstIndex(of: branch) ?? 0)].x) }
  }

  @Test("is a page with nothing on it for a picture without nodes")
  func empty() {
    let layout = GraphLayout(GraphPicture(title: "nothing", nodes: [], edges: []))
    #expect(layout.boxes.isEmpty && layout.size.width > 0 && layout.size.height > 0)
  }
}
