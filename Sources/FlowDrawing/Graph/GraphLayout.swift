/// Where everything of a graph is drawn: boxes, clusters around them, edges and their labels. In pixels, y downwards; the same picture has the
/// same layout.
///
/// A layered drawing (Sugiyama, Tagawa, Toda 1981): ranks, order within ranks, columns, routes. No two boxes overlap, no cluster has anything
/// strange in it, and no edge passes through a box.
package struct GraphLayout: Sendable {
  package struct Rectangle: Sendable, Equatable {
    package var x: Double
    package var y: Double
    package var width: Double
    package var height: Double

    package init(x: Double, y: Double, width: Double, height: Double) {
      self.x = x
      self.y = y
      self.width = width
      self.height = height
    }

    var right: Double { x + width }
    var bottom: Double { y + height }

    package func overlaps(_ other: Rectangle) -> Bool { x < other.right && other.x < right && y < other.bottom && other.y < bottom }
    package func contains(_ other: Rectangle) -> Bool { x <= other.x && other.right <= right && y <= other.y && other.bottom <= bottom }
  }

  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double

    package init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

  package struct Cluster: Sendable {
    package var name: String
    package var frame: Rectangle
  }

  /// An edge: straight where it passes a rank, curved between ranks.
  package struct Route: Sendable {
    /// Points in pairs: a curve leads from the first to the second, a straight line from there to the next pair.
    package var points: [Point]
    /// Leads upwards, against the flow.
    package var isBack: Bool
    /// An edge to its own node, drawn at the right of it.
    package var isLoop: Bool
    package var label: Rectangle
  }

  package struct Measures: Sendable {
    package var nodeHeight: Double
    package var characterWidth = 8.0
    package var labelWidth = 5.8
    package var labelHeight = 16.0
    /// Beside a label, for a count that a live page adds.
    package var labelRoom = 0.0

    /// - Parameter lines: of text in a box.
    package init(lines: Int = 2) { nodeHeight = 12 + 17 * Double(lines) }
  }

  package let size: (width: Double, height: Double)
  /// For each node.
  package let boxes: [Rectangle]
  package let clusters: [Cluster]
  /// For each edge.
  package let routes: [Route]

  static let margin = 12.0
  private static let padding = 14.0
  private static let titleHeight = 24.0
  private static let gap = 44.0
  private static let narrowest = 150.0
  private static let widest = 230.0

  package init(_ picture: GraphPicture, measures: Measures = Measures()) {
    let ranks = GraphRanks(picture), order = GraphOrder(ranks)
    let longest = picture.nodes.map { max($0.name.count, $0.type.count + 2) }.max() ?? 0
    let width = min(Self.widest, max(Self.narrowest, Double(longest) * measures.characterWidth + 24)).rounded()
    // Labels of parallel edges stand side by side.
    let label = picture.edges.map { min($0.label.count, GraphDrawing.longestLabel) }.max() ?? 0
    let gap = max(20, (Double(label) * measures.labelWidth + measures.labelRoom + 14 - width).rounded())
    let loops = Set(picture.edges.filter { $0.from == $0.to }.map(\.from))
    let columns = GraphColumns(
      order, spacing: .init(nodeWidth: width, gap: gap, clusterGap: 28, padding: Self.padding, loop: 64), loops: loops)
    let rows = Self.rows(order, columns, height: measures.nodeHeight)

    boxes = picture.nodes.indices.map { node in
      Rectangle(x: Self.margin + columns.centres[node] - width / 2, y: rows[ranks.ranks[node]], width: width, height: measures.nodeHeight)
    }
    clusters = order.blocks.indices.compactMap { block in
      guard let name = order.blocks[block].name, let borders = columns.borders[block] else { return nil }
      let top = rows[order.blocks[block].ranks.lowerBound] - Self.titleHeight
      let bottom = rows[order.blocks[block].ranks.upperBound] + measures.nodeHeight + Self.padding
      return Cluster(name: name, frame: Rectangle(x: Self.margin + borders.left, y: top, width: borders.right - borders.left, height: bottom - top))
    }
    var router = GraphRoutes(picture: picture, boxes: boxes, clusters: clusters, measures: measures)
    routes = router.routes(ranks.links, order.chains.map { $0.dropFirst().dropLast().map { item in
      (x: Self.margin + columns.centres[item], top: rows[order.items[item].rank])
    } })
    let right = (boxes + clusters.map(\.frame)).map(\.right).max() ?? 0
    let labels = routes.map(\.label.right).max() ?? 0, bottom = (boxes + clusters.map(\.frame)).map(\.bottom).max() ?? 0
    let edges = routes.flatMap(\.points).map(\.x).max() ?? 0
    size = (max(right, labels, edges) + Self.margin, bottom + Self.margin)
  }

  /// The upper edge of each rank's boxes. Ranks in which clusters begin or end leave room for their borders and titles, and edges that lead far to the
  /// side have more room to turn.
  private static func rows(_ order: GraphOrder, _ columns: GraphColumns, height: Double) -> [Double] {
    var rows: [Double] = []
    var y = margin
    for rank in order.sequence.indices {
      let begins = order.sequence[rank].contains { order.blocks[$0].name != nil && order.blocks[$0].ranks.lowerBound == rank }
      if begins { y += titleHeight }
      rows.append(y)
      let reach = order.row(rank).flatMap { item in order.items[item].below.map { abs(columns.centres[$0] - columns.centres[item]) } }.max() ?? 0
      y += height + gap + min(64, (reach * 0.06).rounded())
      if order.sequence[rank].contains(where: { order.blocks[$0].name != nil && order.blocks[$0].ranks.upperBound == rank }) { y += padding }
    }
    return rows
  }
}
