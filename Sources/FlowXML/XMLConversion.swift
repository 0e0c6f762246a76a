import FlowBase

/// Converts an XML document to JSON by an `XMLRule`. Pure; bounded by the rule's limits.
package struct XMLConversion {
  /// An element that is open.
  private struct Element {
    var name: String
    /// Attributes, and children that are not in lists: each name once, in order.
    var members: [(name: String, json: [UInt8])] = []
    /// The place of a list among `members`, by name.
    var lists: [String: Int] = [:]
    var text = ""
  }

  private let rule: XMLRule

  package init(_ rule: XMLRule) { self.rule = rule }

  /// The document as JSON in UTF-8. Members are in the document's order; a list stands where its first element is.
  /// - Throws: `XMLProblem`.
  package func json(_ document: [UInt8]) throws(XMLProblem) -> [UInt8] {
    var reader = try XMLReader(document, limits: rule.limits)
    var open: [Element] = []
    var converted: [UInt8] = []
    while let token = try reader.next() {
      switch token {
      case .start(let name, let attributes): open.append(try element(name, attributes, isRoot: open.isEmpty))
      case .text(let text): open[open.count - 1].text += text
      case .end:
        let element = open.removeLast()
        let json = json(of: element)
        if open.isEmpty {
          converted = json
        } else if !rule.omitted.contains(element.name) {
          try add(json, named: element.name, to: &open[open.count - 1])
        }
      }
    }
    return converted
  }

  private func element(_ name: String, _ attributes: [XMLReader.Attribute], isRoot: Bool) throws(XMLProblem) -> Element {
    var element = Element(name: Self.localName(name))
    if isRoot, let root = rule.root, root != element.name {
      throw XMLProblem(line: 1, found: "the root element '\(element.name)'", expected: "'\(root)'")
    }
    for attribute in attributes where attribute.name != "xmlns" && !attribute.name.hasPrefix("xmlns:") {
      element.members.append(("@" + attribute.name, JSONText.quotedBytes(attribute.value)))
    }
    return element
  }

  private func add(_ json: [UInt8], named name: String, to parent: inout Element) throws(XMLProblem) {
    if rule.lists.contains(name) {
      if let place = parent.lists[name] {
        parent.members[place].json += [UInt8(ascii: ",")] + json
      } else {
        parent.lists[name] = parent.members.count
        parent.members.append((name, json))
      }
      return
    }
    guard !parent.members.contains(where: { $0.name == name }) else {
      throw XMLProblem(line: 1, found: "'\(name)' twice in a '\(parent.name)'", expected: "once; 'lists' names the elements that may repeat")
    }
    parent.members.append((name, json))
  }

  private func json(of element: Element) -> [UInt8] {
    let text = Self.trimmed(element.text)
    guard !element.members.isEmpty else { return text.isEmpty ? Array("null".utf8) : JSONText.quotedBytes(text) }
    var json: [UInt8] = []
    let places = Set(element.lists.values)
    for (place, member) in element.members.enumerated() {
      json.append(UInt8(ascii: json.isEmpty ? "{" : ","))
      json += JSONText.quotedBytes(member.name) + [UInt8(ascii: ":")]
      json += places.contains(place) ? [UInt8(ascii: "[")] + member.json + [UInt8(ascii: "]")] : member.json
    }
    if !text.isEmpty { json += Array(",\"#text\":".utf8) + JSONText.quotedBytes(text) }
    return json + [UInt8(ascii: "}")]
  }

  private static func localName(_ name: String) -> String { name.split(separator: ":").last.map(String.init) ?? name }

  private static func trimmed(_ text: String) -> String {
    let start = text.drop(while: \.isWhitespace)
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...last])
  }
}
