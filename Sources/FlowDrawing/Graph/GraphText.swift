extension GraphPicture {
  /// The graph as lines for a terminal: each node below the title of its group, with where its FlowFiles go.
  ///
  ///     get access token
  ///       read token file   ReadTokenFile
  ///         success → refresh token   25
  ///         failure → errors
  ///
  /// Lines are at most `width` characters wide, unless a name alone is wider.
  package func text(width: Int = 80) -> String {
    var lines = ["\(title): \(nodes.count) \(nodes.count == 1 ? "processor" : "processors"), \(edges.count) \(edges.count == 1 ? "connection" : "connections")"]
    var group: String?
    for index in nodes.indices.sorted(by: { (order[nodes[$0].group] ?? 0, $0) < (order[nodes[$1].group] ?? 0, $1) }) {
      let node = nodes[index]
      if node.group != group {
        lines += ["", node.group.isEmpty ? "without a group" : node.group]
        group = node.group
      }
      lines.append("  \(node.name)  \(node.type)\(node.attempts.map { ", up to \($0) tries" } ?? "")")
      for edge in edges where edge.from == index { lines += Self.arrow(edge.relationships, nodes[edge.to].name, edge.count, width) }
      for exit in node.exits { lines += Self.arrow(exit.relationships, exit.destination, exit.count, width) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The groups by place of their first node; nodes without a group stand where the first of them does.
  private var order: [String: Int] {
    var order: [String: Int] = [:]
    for (index, node) in nodes.enumerated() where order[node.group] == nil { order[node.group] = index }
    return order
  }

  private static func arrow(_ relationships: [String], _ target: String, _ count: Int?, _ width: Int) -> [String] {
    let end = " → \(target)\(count.map { "  \($0)" } ?? "")"
    var lines: [String] = []
    var line = "    "
    for (index, name) in relationships.enumerated() {
      let piece = (index == 0 ? "" : " ") + name + (index == relationships.count - 1 ? "" : ",")
      let room = width - (index == relationships.count - 1 ? end.count : 0)
      if line.count + piece.count > room, !line.allSatisfy({ $0 == " " }) {
        lines.append(line)
        line = "      " + piece.drop { $0 == " " }
      } else {
        line += piece
      }
    }
    return lines + [line + end]
  }

  // MARK: - Mermaid

  /// The graph as a Mermaid flowchart, groups as subgraphs.
  package var mermaid: String {
    var lines = ["flowchart TD"]
    for (number, group) in groups.enumerated() {
      lines.append("  subgraph g\(number + 1)[\(Self.mermaidText(group))]")
      lines += nodes.indices.filter { nodes[$0].group == group }.map { "    \(mermaidNode($0))" }
      lines.append("  end")
    }
    lines += nodes.indices.filter { nodes[$0].group.isEmpty }.map { "  \(mermaidNode($0))" }
    lines += edges.map { "  p\($0.from + 1) -->|\(Self.mermaidText($0.label))| p\($0.to + 1)" }
    return lines.joined(separator: "\n") + "\n"
  }

  private func mermaidNode(_ index: Int) -> String {
    "p\(index + 1)[\(Self.mermaidText(nodes[index].name, second: nodes[index].type))]"
  }

  /// In quotes, with what Mermaid would read as markup as character references.
  private static func mermaidText(_ text: String, second: String? = nil) -> String {
    func escaped(_ text: String) -> String {
      text.unicodeScalars.map { scalar in
        switch scalar {
        case "#": "#35;"
        case "\"": "#quot;"
        case "<": "#lt;"
        case ">": "#gt;"
        case "&": "#amp;"
        case "`": "#96;"
        case _ where scalar.value < 0x20: " "
        default: String(scalar)
        }
      }.joined()
    }
    return "\"\(escaped(text))\(second.map { "<br/>\(escaped($0))" } ?? "")\""
  }

  // MARK: - Graphviz

  /// The graph in the language of Graphviz (`dot -Tsvg`), groups as clusters.
  package var dot: String {
    var lines = ["digraph \(Self.dotText(title)) {", "  rankdir=TB;", "  node [shape=box, style=rounded, fontname=\"sans-serif\"];", "  edge [fontname=\"sans-serif\", fontsize=10];"]
    for (number, group) in groups.enumerated() {
      lines += ["  subgraph cluster_\(number + 1) {", "    label=\(Self.dotText(group));"]
      lines += nodes.filter { $0.group == group }.map { "    \(Self.dotNode($0))" }
      lines.append("  }")
    }
    lines += nodes.filter(\.group.isEmpty).map { "  \(Self.dotNode($0))" }
    lines += edges.map { "  \(Self.dotText(nodes[$0.from].name)) -> \(Self.dotText(nodes[$0.to].name)) [label=\(Self.dotText($0.label))];" }
    return (lines + ["}"]).joined(separator: "\n") + "\n"
  }

  private static func dotNode(_ node: Node) -> String { "\(dotText(node.name)) [label=\(dotText("\(node.name)\n\(node.type)"))];" }

  private static func dotText(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\\": "\\\\"
      case "\"": "\\\""
      case "\n": "\\n"
      case _ where scalar.value < 0x20: " "
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }
}
