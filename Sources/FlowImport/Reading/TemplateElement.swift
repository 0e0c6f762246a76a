import FlowCore
import FlowXML

/// An element of a template: its children and its text.
final class TemplateElement {
  let name: String
  private(set) var children: [TemplateElement] = []
  private(set) var text = ""
  private(set) var attributes: [XMLReader.Attribute] = []

  private init(_ name: String, _ attributes: [XMLReader.Attribute]) {
    self.name = name
    self.attributes = attributes
  }

  /// The root element. Throws `Diagnostic` for what is not XML or exceeds a limit.
  static func root(of document: [UInt8]) throws(Diagnostic) -> TemplateElement {
    if let place = document.firstIndex(of: 0) {
      let line = document[..<place].count { $0 == 0x0A } + 1
      throw Diagnostic(.damagedImport, found: "line \(line) of the XML has the character U+0000", expected: "a text, which has none")
    }
    let root: TemplateElement
    do throws(XMLProblem) {
      var reader = try XMLReader(document, limits: XMLLimits(depth: ImportLimits.depth, bytes: ImportLimits.bytes))
      var open: [TemplateElement] = []
      var top: TemplateElement?
      var count = 0
      while let token = try reader.next() {
        switch token {
        case .start(let name, let attributes):
          count += 1
          guard count <= ImportLimits.elements else {
            throw XMLProblem(line: 1, found: "more than \(ImportLimits.elements) elements", expected: "at most so many")
          }
          let element = TemplateElement(name, attributes)
          open.last?.children.append(element)
          top = top ?? element
          open.append(element)
        case .text(let text): open.last?.text += text
        case .end:
          // White space between elements is layout.
          if let last = open.popLast(), !last.children.isEmpty { last.text = "" }
        }
      }
      guard let top else { throw XMLProblem(line: 1, found: "no element", expected: "'template'") }
      root = top
    } catch {
      throw Diagnostic(
        error.isTruncated ? .damagedImport : error.expected.hasPrefix("at most") ? .tooLargeToImport : .notNiFi,
        found: "line \(error.line) of the XML has \(error.found)", expected: error.expected)
    }
    try root.checkTexts(of: root.name)
    return root
  }

  /// As deep as the reader lets a document be.
  /// - Parameter key: the name of the property that it is the value of.
  private func checkTexts(of key: String) throws(Diagnostic) {
    try ComponentCount.check(text, of: name == "value" ? key : name)
    let key = name == "entry" ? text("key") : key
    for child in children { try child.checkTexts(of: key) }
  }

  subscript(name: String) -> TemplateElement? { children.first { $0.name == name } }

  func all(_ name: String) -> [TemplateElement] { children.filter { $0.name == name } }

  /// The text of a child; empty if there is none.
  func text(_ name: String) -> String { self[name]?.text ?? "" }

  /// The text of an attribute.
  func attribute(_ name: String) -> String? { attributes.first { $0.name == name }?.value }

  /// Java's map as XML: `<entry><key/><value/></entry>`. An entry without a value is unset.
  func entries(_ name: String) -> [(key: String, value: TemplateElement?)] {
    (self[name]?.all("entry") ?? []).map { ($0.text("key"), $0["value"]) }
  }
}
