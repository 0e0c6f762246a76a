/// Reads an XML document as a sequence of tags and texts. A small part of XML 1.0 on purpose: UTF-8, no document type
/// declaration and so no entities beside the five that XML defines. Nothing that a document says can make it read
/// files, ask hosts or grow.
package struct XMLReader {
  package enum Token: Equatable {
    /// The name as written, with its prefix. An empty element is followed by its end.
    case start(name: String, attributes: [Attribute])
    case end(name: String)
    /// Character data and CDATA sections, references resolved.
    case text(String)
  }

  package struct Attribute: Equatable {
    package var name: String
    package var value: String
  }

  /// Each name is compared with those before it.
  private static let maximumAttributes = 1000

  private let bytes: [UInt8]
  private let limits: XMLLimits
  private var index = 0
  /// Names of the elements that are open.
  private var open: [String] = []
  private var hasRoot = false
  /// The end of an empty element, which has already been read.
  private var pendingEnd: String?

  /// - Throws: `XMLProblem` if the document is larger than the limit.
  package init(_ bytes: [UInt8], limits: XMLLimits = XMLLimits()) throws(XMLProblem) {
    guard bytes.count <= limits.bytes else {
      throw XMLProblem(line: 1, found: "a document of \(bytes.count) bytes", expected: "at most \(limits.bytes)")
    }
    self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    self.limits = limits
  }

  /// The next token; nil after the end of the document. Text outside of the root element must be white space.
  package mutating func next() throws(XMLProblem) -> Token? {
    if let name = pendingEnd {
      pendingEnd = nil
      return .end(name: name)
    }
    while index < bytes.count {
      if bytes[index] != UInt8(ascii: "<") {
        let text = try text()
        if !open.isEmpty { return .text(text) }
        guard text.allSatisfy(\.isWhitespace) else { throw problem("text outside of the root element", "one root element and nothing else") }
      } else if let token = try markup() {
        return token
      }
    }
    guard open.isEmpty else { throw truncated("the end of '\(open[open.count - 1])'") }
    guard hasRoot else { throw truncated("a root element") }
    return nil
  }

  // MARK: Markup

  /// nil for what is left out: comments, processing instructions.
  private mutating func markup() throws(XMLProblem) -> Token? {
    if skip("<!--") {
      try skip(past: "-->", of: "a comment")
    } else if skip("<![CDATA[") {
      guard !open.isEmpty else { throw problem("character data outside of the root element", "one root element and nothing else") }
      let start = index
      try skip(past: "]]>", of: "character data")
      return .text(try decoded(bytes[start..<index - 3]))
    } else if skip("<?") {
      try skip(past: "?>", of: "a processing instruction")
    } else if skip("<!") {
      throw problem("a document type declaration", "none: entities and declarations are not read")
    } else if skip("</") {
      return try endTag()
    } else {
      index += 1
      return try startTag()
    }
    return nil
  }

  private mutating func startTag() throws(XMLProblem) -> Token {
    guard !hasRoot || !open.isEmpty else { throw problem("a second root element", "one root element and nothing else") }
    let name = try name()
    var attributes: [Attribute] = []
    while true {
      let hasSpace = skipSpace()
      if skip("/>") {
        pendingEnd = name
        break
      }
      if skip(">") {
        open.append(name)
        break
      }
      guard index < bytes.count else { throw truncated("the end of the tag '\(name)'") }
      guard attributes.count < Self.maximumAttributes else { throw problem("more than \(Self.maximumAttributes) attributes of '\(name)'", "at most so many") }
      guard hasSpace else { throw problem("no space in front of an attribute of '\(name)'", "one") }
      attributes.append(try attribute(of: name, beside: attributes))
    }
    hasRoot = true
    guard open.count + (pendingEnd == nil ? 0 : 1) <= limits.depth else {
      throw problem("more than \(limits.depth) elements inside each other", "at most so many")
    }
    return .start(name: name, attributes: attributes)
  }

  private mutating func attribute(of element: String, beside others: [Attribute]) throws(XMLProblem) -> Attribute {
    let name = try name()
    _ = skipSpace()
    guard skip("=") else { throw index < bytes.count ? problem("attribute '\(name)' of '\(element)' without a value", "name=\"value\"") : truncated("a value") }
    _ = skipSpace()
    guard index < bytes.count else { throw truncated("a value") }
    let quote = bytes[index]
    guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { throw problem("attribute '\(name)' of '\(element)' without quotes", "name=\"value\"") }
    guard let end = bytes[(index + 1)...].firstIndex(of: quote) else { throw truncated("the end of attribute '\(name)'") }
    let raw = bytes[index + 1..<end]
    guard !raw.contains(UInt8(ascii: "<")) else { throw problem("'<' in attribute '\(name)' of '\(element)'", "&lt;") }
    guard !others.contains(where: { $0.name == name }) else { throw problem("attribute '\(name)' of '\(element)' twice", "each attribute once") }
    let value = try resolved(raw)
    index = end + 1
    return Attribute(name: name, value: value)
  }

  private mutating func endTag() throws(XMLProblem) -> Token {
    let name = try name()
    _ = skipSpace()
    guard skip(">") else { throw index < bytes.count ? problem("a malformed end of '\(name)'", "</\(name)>") : truncated("the end of '\(name)'") }
    guard let last = open.popLast() else { throw problem("an end of '\(name)' without its start", "one root element and nothing else") }
    guard last == name else { throw problem("the end of '\(name)'", "that of '\(last)'") }
    return .end(name: name)
  }

  private mutating func name() throws(XMLProblem) -> String {
    let start = index
    while index < bytes.count, Self.isNameByte(bytes[index], isFirst: index == start) { index += 1 }
    guard index > start else { throw index < bytes.count ? problem("no name where one belongs", "the name of an element or attribute") : truncated("a name") }
    // A longer name is content in the place of a name; messages quote names.
    guard index - start <= 100 else { throw problem("a name of \(index - start) bytes", "at most 100") }
    return try decoded(bytes[start..<index])
  }

  private static func isNameByte(_ byte: UInt8, isFirst: Bool) -> Bool {
    switch byte {
    case 65...90, 97...122, UInt8(ascii: "_"), UInt8(ascii: ":"), 128...: true
    case 48...57, UInt8(ascii: "-"), UInt8(ascii: "."): !isFirst
    default: false
    }
  }

  // MARK: Text

  private mutating func text() throws(XMLProblem) -> String {
    let start = index
    index = bytes[index...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
    return try resolved(bytes[start..<index])
  }

  /// Replaces references by their characters and line ends by `\n`.
  private func resolved(_ raw: ArraySlice<UInt8>) throws(XMLProblem) -> String {
    let text = try decoded(raw).replacing("\r\n", with: "\n")
    guard raw.contains(UInt8(ascii: "&")) else { return text }
    var resolved = ""
    var rest = text[...]
    while let start = rest.firstIndex(of: "&") {
      resolved += rest[..<start]
      guard let end = rest[start...].firstIndex(of: ";") else { throw problem("'&' without ';'", "&amp; or another reference") }
      resolved.unicodeScalars.append(try character(rest[rest.index(after: start)..<end]))
      rest = rest[rest.index(after: end)...]
    }
    return resolved + rest
  }

  private func character(_ reference: Substring) throws(XMLProblem) -> Unicode.Scalar {
    let named: [Substring: Unicode.Scalar] = ["lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'"]
    if let scalar = named[reference] { return scalar }
    let code = reference.hasPrefix("#x") ? UInt32(reference.dropFirst(2), radix: 16) : reference.hasPrefix("#") ? UInt32(reference.dropFirst()) : nil
    guard let scalar = code.flatMap(Unicode.Scalar.init), scalar.value >= 0x20 || "\t\n\r".unicodeScalars.contains(scalar) else {
      throw problem("a reference that XML does not define", "&lt; &gt; &amp; &quot; &apos; or a character's number")
    }
    return scalar
  }

  private func decoded(_ raw: ArraySlice<UInt8>) throws(XMLProblem) -> String {
    guard let text = String(validating: raw, as: UTF8.self) else { throw problem("bytes that are not UTF-8", "UTF-8") }
    return text
  }

  // MARK: Position

  private mutating func skip(_ text: StaticString) -> Bool {
    let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes[index...].starts(with: expected) else { return false }
    index += expected.count
    return true
  }

  private mutating func skip(past end: String, of what: String) throws(XMLProblem) {
    let end = Array(end.utf8)
    while index + end.count <= bytes.count {
      if bytes[index..<index + end.count].elementsEqual(end) {
        index += end.count
        return
      }
      index += 1
    }
    throw truncated("the end of \(what)")
  }

  private mutating func skipSpace() -> Bool {
    let start = index
    while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    return index > start
  }

  private var line: Int { bytes[..<min(index, bytes.count)].reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) } }

  private func problem(_ found: String, _ expected: String) -> XMLProblem { XMLProblem(line: line, found: found, expected: expected) }
  private func truncated(_ expected: String) -> XMLProblem { XMLProblem(line: line, found: "its end", expected: expected, isTruncated: true) }
}
