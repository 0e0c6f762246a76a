import FlowDrawing
import Testing

@Suite("A graph as text")
struct GraphTextTests {
  private static func picture(_ name: String, group: String = "", relationships: [String] = ["success"], count: Int? = nil) -> GraphPicture {
    GraphPicture(
      title: "flow",
      nodes: [.init(name: name, type: "Read", group: group, exits: [.init(destination: "errors", relationships: ["failure"])]), .init(name: "b", type: "Write")],
      edges: [.init(from: 0, to: 1, relationships: relationships, count: count)])
  }

  @Test("for a terminal names groups, processors and where their FlowFiles go")
  func terminal() {
    #expect(
      Self.picture("a", group: "first", relationships: ["distinct", "changed"], count: 7).text() == """
        flow: 2 processors, 1 connection

        first
          a  Read
            distinct, changed → b  7
            failure → errors

        without a group
          b  Write

        """)
  }

  @Test("for a terminal is at most as wide as asked for", arguments: [40, 60, 80])
  func width(width: Int) {
    let text = Self.picture("a", relationships: (1...20).map { "relationship_\($0)" }, count: 12).text(width: width)
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= width })
    for number in 1...20 { #expect(text.contains("relationship_\(number)")) }
  }

  @Test("in Mermaid escapes what would be markup", arguments: [
    ("plain", "p1[\"plain<br/>Read\"]"), (#"a "b""#, "p1[\"a #quot;b#quot;<br/>Read\"]"), ("a#b", "p1[\"a#35;b<br/>Read\"]"),
    ("<i>&", "p1[\"#lt;i#gt;#amp;<br/>Read\"]"), ("a`b", "p1[\"a#96;b<br/>Read\"]"), ("a]b)c}", "p1[\"a]b)c}<br/>Read\"]"), ("end", "p1[\"end<br/>Read\"]"),
  ])
  func mermaid(name: String, node: String) { #expect(Self.picture(name).mermaid.contains(node)) }

  @Test("in Mermaid has groups as subgraphs and relationships on edges")
  func mermaidGraph() {
    #expect(
      Self.picture("a", group: "first", count: 7).mermaid == """
        flowchart TD
          subgraph g1["first"]
            p1["a<br/>Read"]
          end
          p2["b<br/>Write"]
          p1 -->|"success 7"| p2

        """)
  }

  @Test("for Graphviz has groups as clusters, and quotes names", arguments: [("a", #""a""#), (#"a "b" \"#, #""a \"b\" \\""#), ("a\nb", #""a\nb""#)])
  func dot(name: String, quoted: String) {
    let text = Self.picture(name, group: name).dot
    #expect(text.contains("subgraph cluster_1 {\n    label=\(quoted);") && text.contains("\(quoted) -> \"b\" [label=\"success\"];"))
  }
}
