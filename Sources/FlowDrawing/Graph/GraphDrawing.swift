/// A graph as SVG. What a live page changes has `data-` attributes:
/// - a box: `g.box[data-processor]`, with `text.state`;
/// - a connection: `path.line[data-from][data-to]`, and `g.edge[data-from][data-to][data-relationships]` (relationships joined by a space) with
///   `tspan.count`.
package struct GraphDrawing: Sendable {
  private let picture: GraphPicture
  private let layout: GraphLayout
  private let hasState: Bool

  static let longestLabel = 34
  private static let longestText = 28

  /// - Parameter hasState: boxes have a third line, which a live page fills.
  package init(_ picture: GraphPicture, hasState: Bool = false) {
    self.picture = picture
    self.hasState = hasState
    var measures = GraphLayout.Measures(lines: hasState || picture.hasCounts ? 3 : 2)
    if hasState { measures.labelRoom = 56 }
    layout = GraphLayout(picture, measures: measures)
  }

  /// The drawing.
  /// - Parameter isStandalone: with namespace, size and style of its own, as a file; else for a page that has `GraphDrawing.style`.
  package func svg(isStandalone: Bool) -> SVGElement {
    let width = Self.number(layout.size.width), height = Self.number(layout.size.height)
    var root = SVGElement(
      "svg", ["class": "graph", "viewBox": "0 0 \(width) \(height)", "width": width, "height": height, "role": "img", "aria-label": "Graph of \(picture.title)"])
    if isStandalone {
      root.attributes.insert(("xmlns", "http://www.w3.org/2000/svg"), at: 0)
      root.add(SVGElement("style", text: Self.style))
    }
    root.add(SVGElement("defs", [:], [arrow("arrow"), arrow("arrow-back")]))
    if isStandalone { root.add(SVGElement("rect", ["class": "paper", "width": width, "height": height])) }
    for cluster in layout.clusters { root.add(SVGElement("rect", Self.frame(cluster.frame, radius: "8", class: "cluster"))) }
    for index in picture.edges.indices { root.add(line(index)) }
    for cluster in layout.clusters { root.add(title(cluster)) }
    for index in picture.nodes.indices { root.add(box(index)) }
    for index in picture.edges.indices { root.add(label(index)) }
    return root
  }

  private func arrow(_ name: String) -> SVGElement {
    SVGElement(
      "marker",
      ["id": name, "class": name, "viewBox": "0 0 8 8", "refX": "7", "refY": "4", "markerWidth": "7", "markerHeight": "7", "orient": "auto-start-reverse"],
      [SVGElement("path", ["d": "M0 0 8 4 0 8z"])])
  }

  private func title(_ cluster: GraphLayout.Cluster) -> SVGElement {
    let fits = max(4, Int((cluster.frame.width - 16) / 7))
    return SVGElement(
      "text", ["class": "group", "x": Self.number(cluster.frame.x + 10), "y": Self.number(cluster.frame.y + 15)], text: Self.cut(cluster.name, to: fits))
  }

  private func box(_ index: Int) -> SVGElement {
    let node = picture.nodes[index], frame = layout.boxes[index], x = Self.number(frame.x + 12)
    let fits = Int((frame.width - 20) / 7.5)
    var group = SVGElement("g", ["class": "box", "data-processor": node.name], [
      SVGElement("title", text: description(node)),
      SVGElement("rect", Self.frame(frame, radius: "5", class: "frame")),
      SVGElement("text", ["class": "name", "x": x, "y": Self.number(frame.y + 19)], text: Self.cut(node.name, to: fits)),
      SVGElement(
        "text", ["class": "type", "x": x, "y": Self.number(frame.y + 35)],
        text: Self.cut(node.type, to: Self.longestText) + (node.attempts.map { " ↻\($0)" } ?? "")),
    ])
    let lost = node.exits.filter { $0.destination != "drop" }.compactMap { exit in exit.count.flatMap { $0 > 0 ? "\($0) to \(exit.words)" : nil } }
    if hasState || picture.hasCounts {
      group.add(SVGElement("text", ["class": "state", "x": x, "y": Self.number(frame.y + 52)], text: lost.joined(separator: ", ")))
    }
    if !lost.isEmpty { group.attributes[0].value = "box trouble" }
    return group
  }

  /// What a pointer at the box is told.
  private func description(_ node: GraphPicture.Node) -> String {
    (["\(node.name): \(node.type)"] + (node.attempts.map { ["tries each FlowFile up to \($0) times"] } ?? [])
      + node.exits.map { "\($0.relationships.joined(separator: ", ")) → \($0.words)\($0.count.map { ": \($0)" } ?? "")" }).joined(separator: "\n")
  }

  private func line(_ index: Int) -> SVGElement {
    let route = layout.routes[index]
    return SVGElement("path", [
      "class": route.isBack ? "line back" : "line", "d": Self.path(route), "marker-end": route.isBack ? "url(#arrow-back)" : "url(#arrow)",
      "data-from": picture.nodes[picture.edges[index].from].name, "data-to": picture.nodes[picture.edges[index].to].name,
    ])
  }

  private func label(_ index: Int) -> SVGElement {
    let edge = picture.edges[index], frame = layout.routes[index].label
    let count = edge.count.map { String($0) } ?? ""
    let relationships = Self.cut(edge.relationships.joined(separator: ", "), to: Self.longestLabel - (count.isEmpty ? 0 : count.count + 1))
    return SVGElement(
      "g", [
        "class": "edge", "data-from": picture.nodes[edge.from].name, "data-to": picture.nodes[edge.to].name,
        "data-relationships": edge.relationships.joined(separator: " "),
      ],
      [
        SVGElement("title", text: "\(picture.nodes[edge.from].name) → \(picture.nodes[edge.to].name): \(edge.label)"),
        SVGElement("text", ["x": Self.number(frame.x + 3), "y": Self.number(frame.y + 12)], [
          SVGElement("tspan", ["class": "relationship"], text: relationships),
          SVGElement("tspan", ["class": "count", "dx": "4"], text: count),
        ]),
      ])
  }

  // MARK: - Geometry

  private static func path(_ route: GraphLayout.Route) -> String {
    let points = route.points
    var path = "M\(number(points[0].x)) \(number(points[0].y))"
    if route.isLoop {
      for point in points.dropFirst() { path += "L\(number(point.x)) \(number(point.y))" }
      return path
    }
    for start in stride(from: 0, to: points.count - 1, by: 2) {
      if start > 0 { path += "L\(number(points[start].x)) \(number(points[start].y))" }
      let from = points[start], to = points[start + 1], middle = number((from.y + to.y) / 2)
      path += from.x == to.x ? "L\(number(to.x)) \(number(to.y))" : "C\(number(from.x)) \(middle) \(number(to.x)) \(middle) \(number(to.x)) \(number(to.y))"
    }
    return path
  }

  /// A point of the curve between two points.
  /// - Parameter share: 0 at the first, 1 at the second.
  package static func point(of first: GraphLayout.Point, _ second: GraphLayout.Point, at share: Double) -> GraphLayout.Point {
    let rest = 1 - share, middle = (first.y + second.y) / 2
    let weights = (rest * rest * rest, 3 * rest * rest * share, 3 * rest * share * share, share * share * share)
    return GraphLayout.Point(
      x: (weights.0 + weights.1) * first.x + (weights.2 + weights.3) * second.x,
      y: weights.0 * first.y + (weights.1 + weights.2) * middle + weights.3 * second.y)
  }

  private static func frame(_ frame: GraphLayout.Rectangle, radius: String, class name: String) -> KeyValuePairs<String, String> {
    ["class": name, "x": number(frame.x), "y": number(frame.y), "width": number(frame.width), "height": number(frame.height), "rx": radius]
  }

  /// At most one decimal: `12`, `12.5`.
  static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths.isMultiple(of: 10) ? String(tenths / 10) : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
  }

  static func cut(_ text: String, to limit: Int) -> String { text.count <= limit ? text : text.prefix(max(0, limit - 1)) + "…" }
}

extension GraphPicture {
  var hasCounts: Bool { edges.contains { $0.count != nil } || nodes.contains { $0.exits.contains { $0.count != nil } } }
}

extension GraphPicture.Exit {
  /// Where the FlowFiles go, in words.
  var words: String {
    switch destination {
    case "errors": "the error folder"
    case "defer": "the next run"
    default: "the end"
    }
  }
}
