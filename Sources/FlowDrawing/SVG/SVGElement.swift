/// An element of an SVG drawing. Texts and attribute values are escaped when it is written, so that a name from a flow file or a participant
/// file can never become markup.
package struct SVGElement: Sendable, Equatable {
  package enum Child: Sendable, Equatable {
    case element(SVGElement)
    case text(String)
  }

  package var name: String
  /// In the order in which they are written.
  package var attributes: [(name: String, value: String)]
  package var children: [Child]

  package init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ children: [SVGElement] = []) {
    self.name = name
    self.attributes = attributes.map { (name: $0.key, value: $0.value) }
    self.children = children.map(Child.element)
  }

  package init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String) {
    self.name = name
    self.attributes = attributes.map { (name: $0.key, value: $0.value) }
    children = [.text(text)]
  }

  package mutating func add(_ element: SVGElement) { children.append(.element(element)) }

  package subscript(attribute: String) -> String? { attributes.first { $0.name == attribute }?.value }

  /// The element as text, without an XML declaration: it can stand in an HTML page as it is.
  package var text: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    text += "<\(name)"
    for attribute in attributes { text += " \(attribute.name)=\"\(Self.escaped(attribute.value))\"" }
    guard !children.isEmpty else {
      text += "/>"
      return
    }
    text += ">"
    for child in children {
      switch child {
      case .element(let element): element.write(to: &text)
      case .text(let content): text += Self.escaped(content)
      }
    }
    text += "</\(name)>"
  }

  package static func escaped(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == 0x26 || $0 == 0x3C || $0 == 0x3E || $0 == 0x22 || $0 == 0x27 || $0 < 0x20 }) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      // Other control characters may not stand in XML, not even escaped.
      case "\t", "\n", "\r": result += "&#\(scalar.value);"
      case _ where scalar.value < 0x20: result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  package static func == (left: SVGElement, right: SVGElement) -> Bool {
    left.name == right.name && left.children == right.children && left.attributes.elementsEqual(right.attributes, by: ==)
  }
}
