/// An element of an XML document, as far as the answers of S3 need it: names without prefixes, texts, children. Attributes are passed over.
///
/// A document type declaration is refused, so there are no entities but the five of XML and numbers, and nothing can grow.
struct AnswerElement: Sendable, Equatable {
  var name: String
  /// The text between the children, joined.
  var text = ""
  var children: [AnswerElement] = []

  /// The deepest answer of S3 has five levels.
  static let depthLimit = 16
  /// A page of a list has a thousand objects of about ten elements.
  static let elementLimit = 50_000

  init(name: String, text: String = "", children: [AnswerElement] = []) {
    self.name = name
    self.text = text
    self.children = children
  }

  /// nil if the bytes are no well-formed document in UTF-8, or are beyond the limits.
  init?(parsing bytes: [UInt8]) {
    guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
    var reader = AnswerReader(bytes)
    guard let root = reader.document() else { return nil }
    self = root
  }

  /// The first child of a name.
  func child(_ name: String) -> AnswerElement? { children.first { $0.name == name } }
  /// The text of the first child of a name.
  func text(_ name: String) -> String? { child(name)?.text }

  /// Escapes a text for an element.
  static func escaped(_ text: String) -> String {
    text.reduce(into: "") { escaped, character in
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      default: escaped.append(character)
      }
    }
  }
}

/// Reads a document from its bytes in one pass.
private struct AnswerReader {
  private let bytes: [UInt8]
  private var position = 0
  private var elementCount = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() -> AnswerElement? {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    guard skipMisc(), take("<"), let root = element(depth: 1), skipMisc(), position == bytes.count else { return nil }
    return root
  }

  /// The rest of an element whose `<` has been taken.
  private mutating func element(depth: Int) -> AnswerElement? {
    elementCount += 1
    guard depth <= AnswerElement.depthLimit, elementCount <= AnswerElement.elementLimit, let name = name(), let isEmpty = skipAttributes() else { return nil }
    let local = name.split(separator: ":", omittingEmptySubsequences: false)
    var element = AnswerElement(name: String(local[local.count - 1]))
    guard !isEmpty else { return element }
    var text: [UInt8] = []
    while position < bytes.count {
      if take("</") {
        guard self.name() == name else { return nil }
        skipSpace()
        guard take(">") else { return nil }
        element.text = String(decoding: text, as: UTF8.self)
        return element
      } else if take("<!--") {
        guard skip(past: "-->") else { return nil }
      } else if take("<![CDATA[") {
        let start = position
        guard skip(past: "]]>") else { return nil }
        text += bytes[start..<position - 3]
      } else if take("<?") {
        guard skip(past: "?>") else { return nil }
      } else if take("<") {
        guard let child = self.element(depth: depth + 1) else { return nil }
        element.children.append(child)
      } else {
        guard let more = characters() else { return nil }
        text += more
      }
    }
    return nil
  }

  /// Character data up to the next `<`, with references resolved.
  private mutating func characters() -> [UInt8]? {
    var text: [UInt8] = []
    while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
      if bytes[position] == UInt8(ascii: "&") {
        guard let character = reference() else { return nil }
        text += Array(character.utf8)
      } else {
        text.append(bytes[position])
        position += 1
      }
    }
    return text
  }

  private mutating func reference() -> String? {
    guard let end = bytes[position...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let name = String(decoding: bytes[position + 1..<end], as: UTF8.self)
    position = end + 1
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default:
      let number = name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
      return number.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
    }
  }

  /// Reads up to the end of a start tag; whether the element ends there. nil if it is malformed.
  private mutating func skipAttributes() -> Bool? {
    while position < bytes.count {
      let hasSpace = skipSpace()
      if take("/>") { return true }
      if take(">") { return false }
      guard hasSpace, name() != nil else { return nil }
      skipSpace()
      guard take("=") else { return nil }
      skipSpace()
      guard take("\"") ? skip(past: "\"") : take("'") && skip(past: "'") else { return nil }
    }
    return nil
  }

  private mutating func name() -> String? {
    let start = position
    while position < bytes.count, Self.isNameByte(bytes[position]) { position += 1 }
    return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
  }

  /// Space, comments and processing instructions around the root. False for anything else that begins with `<!` or `<?` and does not end.
  private mutating func skipMisc() -> Bool {
    while true {
      skipSpace()
      if take("<?") {
        guard skip(past: "?>") else { return false }
      } else if take("<!--") {
        guard skip(past: "-->") else { return false }
      } else {
        return true
      }
    }
  }

  @discardableResult private mutating func skipSpace() -> Bool {
    let start = position
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    return position > start
  }

  private mutating func take(_ text: StaticString) -> Bool {
    let found = text.withUTF8Buffer { bytes[position...].starts(with: $0) }
    if found { position += text.utf8CodeUnitCount }
    return found
  }

  private mutating func skip(past text: StaticString) -> Bool {
    while position < bytes.count {
      if take(text) { return true }
      position += 1
    }
    return false
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...: true
    default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
    }
  }
}
