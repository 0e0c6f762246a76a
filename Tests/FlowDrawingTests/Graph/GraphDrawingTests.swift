import FlowDrawing
import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif
import Testing

@Suite("A graph's drawing")
struct GraphDrawingTests {
  private static let hostile = #"<script>"&'"#
  private static let picture = GraphPicture(
    title: hostile,
    nodes: [
      .init(name: "read \(hostile)", type: "Read", group: "first \(hostile)", attempts: 3, exits: [.init(destination: "errors", relationships: ["failure"], count: 2)]),
      .init(name: "write", type: "Write"),
    ],
    edges: [.init(from: 0, to: 1, relationships: ["distinct", "changed"], count: 41)])

  @Test("is well-formed, whatever stands in names, and has what a live page looks for")
  func attributes() throws {
    let text = GraphDrawing(Self.picture, hasState: true).svg(isStandalone: true).text
    let document = XMLDocumentReader()
    #expect(document.reads(text))
    let boxes = document.elements.filter { $0["class"]?.hasPrefix("box") == true }, edges = document.elements.filter { $0["class"] == "edge" }
    #expect(boxes.compactMap { $0["data-processor"] } == ["read \(Self.hostile)", "write"])
    #expect(edges.map { [$0["data-from"], $0["data-to"], $0["data-relationships"]] } == [["read \(Self.hostile)", "write", "distinct changed"]])
    #expect(document.elements.contains { $0["class"] == "count" } && document.elements.count { $0["class"] == "state" } == 2)
    #expect(document.texts.contains("41") && document.texts.contains("2 to the error folder"))
  }

  @Test("in a page has no style of its own, nor any inline style")
  func inPage() {
    let text = GraphDrawing(Self.picture).svg(isStandalone: false).text
    #expect(!text.contains("<style") && !text.contains("style=") && !text.contains("<script"))
  }
}

/// What an XML parser of others finds in a text.
private final class XMLDocumentReader: NSObject, XMLParserDelegate {
  private(set) var elements: [[String: String]] = []
  private(set) var texts: [String] = []

  func reads(_ text: String) -> Bool {
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = self
    return parser.parse()
  }

  func parser(_: XMLParser, didStartElement _: String, namespaceURI _: String?, qualifiedName _: String?, attributes: [String: String]) {
    elements.append(attributes)
  }

  func parser(_: XMLParser, foundCharacters text: String) { texts.append(text) }
}
