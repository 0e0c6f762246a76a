/// The last step of a layered layout: edges leave boxes at the bottom and arrive at the top, in the order of where they come from and lead to, and
/// each label stands where it covers nothing, as far as there is such a place.
struct GraphRoutes {
  let picture: GraphPicture
  let boxes: [GraphLayout.Rectangle]
  let clusters: [GraphLayout.Cluster]
  let measures: GraphLayout.Measures
  /// What labels keep away from.
  private var taken: [GraphLayout.Rectangle] = []

  init(picture: GraphPicture, boxes: [GraphLayout.Rectangle], clusters: [GraphLayout.Cluster], measures: GraphLayout.Measures) {
    self.picture = picture
    self.boxes = boxes
    self.clusters = clusters
    self.measures = measures
  }

  /// - Parameter bends: for each link, where it passes ranks, from above.
  mutating func routes(_ links: [GraphRanks.Link], _ bends: [[(x: Double, top: Double)]]) -> [GraphLayout.Route] {
    let lower = ports(links, bends, of: \.upper) { bends, link in bends.first?.x ?? boxes[link.lower].centre }
    let upper = ports(links, bends, of: \.lower) { bends, link in bends.last?.x ?? boxes[link.upper].centre }
    var routes = [GraphLayout.Route?](repeating: nil, count: picture.edges.count)
    for (index, link) in links.enumerated() {
      var points = [GraphLayout.Point(x: lower[index], y: boxes[link.upper].bottom)]
      for bend in bends[index] {
        points.append(GraphLayout.Point(x: bend.x, y: bend.top))
        points.append(GraphLayout.Point(x: bend.x, y: bend.top + measures.nodeHeight))
      }
      points.append(GraphLayout.Point(x: upper[index], y: boxes[link.lower].y))
      if link.isBack { points.reverse() }
      routes[link.edge] = GraphLayout.Route(points: points, isBack: link.isBack, isLoop: false, label: .init(x: 0, y: 0, width: 0, height: 0))
    }
    for (index, edge) in picture.edges.enumerated() where edge.from == edge.to { routes[index] = loop(boxes[edge.from]) }
    var complete = routes.compactMap { $0 }
    precondition(complete.count == picture.edges.count, "an edge of a graph has no route")
    taken = boxes + clusters.map { GraphLayout.Rectangle(x: $0.frame.x, y: $0.frame.y, width: min($0.frame.width, Double($0.name.count) * 7 + 20), height: 20) }
    // Short edges first: they have fewer places to choose from.
    for index in complete.indices.sorted(by: { (complete[$0].points.count, $0) < (complete[$1].points.count, $1) }) {
      complete[index].label = labelPlace(complete[index], picture.edges[index])
      taken.append(complete[index].label)
    }
    return complete
  }

  /// Where each link meets the box at one of its ends: spread in the order of where they lead.
  private func ports(
    _ links: [GraphRanks.Link], _ bends: [[(x: Double, top: Double)]], of end: KeyPath<GraphRanks.Link, Int>,
    towards: ([(x: Double, top: Double)], GraphRanks.Link) -> Double
  ) -> [Double] {
    var ports = [Double](repeating: 0, count: links.count)
    for (node, group) in Dictionary(grouping: links.indices, by: { links[$0][keyPath: end] }) {
      let ordered = group.sorted { (towards(bends[$0], links[$0]), $0) < (towards(bends[$1], links[$1]), $1) }
      let step = min(24, boxes[node].width * 0.7 / Double(max(ordered.count, 1)))
      for (position, link) in ordered.enumerated() {
        ports[link] = boxes[node].centre + (Double(position) - Double(ordered.count - 1) / 2) * step
      }
    }
    return ports
  }

  private func loop(_ box: GraphLayout.Rectangle) -> GraphLayout.Route {
    let reach = box.right + 28
    let points = [
      GraphLayout.Point(x: box.right, y: box.bottom - 12), GraphLayout.Point(x: reach, y: box.bottom - 12),
      GraphLayout.Point(x: reach, y: box.y + 12), GraphLayout.Point(x: box.right, y: box.y + 12),
    ]
    return GraphLayout.Route(points: points, isBack: true, isLoop: true, label: .init(x: 0, y: 0, width: 0, height: 0))
  }

  // MARK: - Labels

  private func labelPlace(_ route: GraphLayout.Route, _ edge: GraphPicture.Edge) -> GraphLayout.Rectangle {
    let width = Double(GraphDrawing.cut(edge.label, to: GraphDrawing.longestLabel).count) * measures.labelWidth + 6
    let candidates = anchors(route, edge).flatMap { anchor -> [GraphLayout.Rectangle] in
      let sides: [Double] = [anchor.x + 4, anchor.x - width - 4]
      return sides.filter { $0 >= 0 }.map { .init(x: $0, y: anchor.y - measures.labelHeight / 2, width: width, height: measures.labelHeight) }
    }
    let free = candidates.first { candidate in !taken.contains { $0.overlaps(candidate) } }
    return free ?? candidates.min { covered($0) < covered($1) } ?? .init(x: 0, y: 0, width: width, height: measures.labelHeight)
  }

  private func covered(_ label: GraphLayout.Rectangle) -> Double {
    taken.reduce(0) { $0 + max(0, min($1.right, label.right) - max($1.x, label.x)) * max(0, min($1.bottom, label.bottom) - max($1.y, label.y)) }
  }

  /// Points of the edge at which its label may stand, the best first: near the end that has no other edges.
  private func anchors(_ route: GraphLayout.Route, _ edge: GraphPicture.Edge) -> [GraphLayout.Point] {
    if route.isLoop { return [GraphLayout.Point(x: route.points[1].x, y: (route.points[1].y + route.points[2].y) / 2)] }
    let isShared = picture.edges.count { $0.to == edge.to } > 1 && picture.edges.count { $0.from == edge.from } == 1
    var curves: [[GraphLayout.Point]] = []
    for start in stride(from: 0, to: route.points.count - 1, by: 2) {
      let first = route.points[start], second = route.points[start + 1]
      curves.append((first.x == second.x ? [0.5, 0.75, 0.25] : [0.8, 0.5, 0.2]).map { GraphDrawing.point(of: first, second, at: $0) })
    }
    let along = isShared ? curves.map { Array($0.reversed()) } : curves.reversed()
    let straight = stride(from: 1, to: route.points.count - 1, by: 2).map { start in
      GraphLayout.Point(x: route.points[start].x, y: (route.points[start].y + route.points[start + 1].y) / 2)
    }
    return along.flatMap { $0 } + straight
  }
}

extension GraphLayout.Rectangle {
  var centre: Double { x + width / 2 }
}
