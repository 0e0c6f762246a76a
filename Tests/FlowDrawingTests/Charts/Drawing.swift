import FlowBase
import FlowDrawing
import FlowXML

/// A drawing, read again as XML.
struct ReadDrawing {
  struct Element {
    var name: String
    var attributes: [String: String]
  }

  var elements: [Element] = []
  var texts: [String] = []

  /// Throws `XMLProblem` if the text is not well-formed.
  init(_ drawing: SVGElement) throws {
    var reader = try XMLReader(Array(drawing.text.utf8))
    while let token = try reader.next() {
      switch token {
      case .start(let name, let attributes):
        elements.append(Element(name: name, attributes: Dictionary(attributes.map { ($0.name, $0.value) }) { first, _ in first }))
      case .text(let text): texts.append(text)
      case .end: break
      }
    }
  }

  func paths(_ name: String) -> [String] {
    elements.filter { $0.name == "path" && $0.attributes["class"]?.split(separator: " ").contains(Substring(name)) == true }.compactMap { $0.attributes["d"] }
  }
}
