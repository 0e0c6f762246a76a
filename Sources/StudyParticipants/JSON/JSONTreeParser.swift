import FlowCore

/// A syntax error is a `Diagnostic` without a file. It never quotes the text, which may be a secret.
extension JSONTree {
  /// Maximum nesting of lists and objects; deeper input is rejected so that it cannot exhaust the stack.
  package static let maximumDepth = 64

  /// Parses exactly one document. Truncated input, trailing text and duplicate members are errors.
  package init(parsing bytes: [UInt8]) throws(Diagnostic) {
    var parser = JSONTreeParser(bytes: bytes)
    self = try parser.document()
  }

  /// Parses a provider's response leniently: broken text is repaired (`AnswerText`), and of duplicate members the last
  /// one is used.
  package init(answer bytes: [UInt8]) throws(Diagnostic) {
    var strict = JSONTreeParser(bytes: bytes)
    do throws(Diagnostic) {
      self = try strict.document()
    } catch {
      var lenient = JSONTreeParser(bytes: AnswerText.repaired(bytes))
      lenient.takesLastOfTwice = true
      self = try lenient.document()
    }
  }

  /// Salvages the members of a malformed or truncated object up to the damage; of duplicates the last one is used. The
  /// text is repaired first (`AnswerText`). Only for responses that cannot be requested again; everything else is read
  /// whole or rejected.
  package init(salvaging bytes: [UInt8]) {
    var parser = JSONTreeParser(bytes: AnswerText.repaired(bytes))
    self = .object(parser.salvage())
  }
}

/// Members by name; of duplicates the last one is used. Takes time linear in the number of members.
private struct MemberList {
  private(set) var all: [JSONTree.Member] = []
  private var places: [String: Int] = [:]

  func has(_ name: String) -> Bool { places[name] != nil }

  mutating func put(_ member: JSONTree.Member) {
    if let place = places[member.name] {
      all[place] = member
    } else {
      places[member.name] = all.count
      all.append(member)
    }
  }
}

/// Recursive-descent parser for RFC 8259, working on bytes.
private struct JSONTreeParser {
  let bytes: [UInt8]
  var index = 0
  /// Keeps the last of duplicate members instead of rejecting them.
  var takesLastOfTwice = false

  init(bytes: [UInt8]) {
    self.bytes = bytes
    // Editors on Windows write a byte order mark; RFC 8259 §8.1 allows a parser to ignore it.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
  }

  mutating func document() throws(Diagnostic) -> JSONTree {
    let tree = try value(depth: 0)
    skipSpace()
    guard index == bytes.count else { throw mistake("more after the end of the document", "one document") }
    return tree
  }

  mutating func salvage() -> [JSONTree.Member] {
    var members = MemberList()
    takesLastOfTwice = true
    index = bytes.firstIndex(of: UInt8(ascii: "{")) ?? bytes.count
    index = min(index + 1, bytes.count)
    do {
      while true {
        skipSpace()
        if accept("}") { return members.all }
        members.put(try salvageMember())
        skipSpace()
        _ = accept(",")
      }
    } catch {
      // Keep the members before the damage.
      return members.all
    }
  }

  private mutating func salvageMember() throws(Diagnostic) -> JSONTree.Member {
    guard peek == UInt8(ascii: "\"") else { throw mistake("no member name", "a name in double quotes") }
    let name = try string()
    skipSpace()
    guard accept(":") else { throw mistake("no colon after a member name", "':'") }
    skipSpace()
    let start = index
    do {
      return JSONTree.Member(name, try value(depth: 1))
    } catch {
      // An invalid bare word (NaN, None) ends before the next member; a broken string or list has no recognisable end.
      guard start < bytes.count, !"\"{[".utf8.contains(bytes[start]) else { throw error }
      index = bytes[start...].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") } ?? bytes.count
      return JSONTree.Member(name, .null)
    }
  }

  private mutating func value(depth: Int) throws(Diagnostic) -> JSONTree {
    guard depth <= JSONTree.maximumDepth else {
      throw mistake("nested too deep", "at most \(JSONTree.maximumDepth) levels")
    }
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try list(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case let byte? where byte == UInt8(ascii: "-") || (48...57).contains(byte): return .number(try number())
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw mistake("the end of the text", "a JSON value")
    default: throw mistake("something that is not JSON", "a JSON value")
    }
  }

  private mutating func object(depth: Int) throws(Diagnostic) -> JSONTree {
    var members = MemberList()
    index += 1
    skipSpace()
    if accept("}") { return .object([]) }
    while true {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw mistake("no member name", "a name in double quotes") }
      let place = index
      let name = try string()
      guard takesLastOfTwice || !members.has(name) else {
        index = place
        throw mistake("a member that was there before", "each member once")
      }
      skipSpace()
      guard accept(":") else { throw mistake("no colon after a member name", "':'") }
      members.put(.init(name, try value(depth: depth + 1)))
      skipSpace()
      if accept("}") { return .object(members.all) }
      guard accept(",") else { throw mistake(ending("an object"), "',' or '}'") }
    }
  }

  private mutating func list(depth: Int) throws(Diagnostic) -> JSONTree {
    var elements: [JSONTree] = []
    index += 1
    skipSpace()
    if accept("]") { return .list([]) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if accept("]") { return .list(elements) }
      guard accept(",") else { throw mistake(ending("a list"), "',' or ']'") }
    }
  }

  private mutating func word(_ word: String, _ tree: JSONTree) throws(Diagnostic) -> JSONTree {
    guard bytes[index...].starts(with: word.utf8) else { throw mistake("something that is not JSON", "a JSON value") }
    index += word.utf8.count
    return tree
  }

  private mutating func number() throws(Diagnostic) -> String {
    let start = index
    _ = accept("-")
    let firstDigit = peek
    let whole = digits()
    guard whole > 0, whole == 1 || firstDigit != UInt8(ascii: "0") else { throw mistake("a malformed number", "a JSON number") }
    if accept("."), digits() == 0 { throw mistake("a malformed number", "a digit after the point") }
    if accept("e") || accept("E") {
      if !accept("+") { _ = accept("-") }
      if digits() == 0 { throw mistake("a malformed number", "a digit in the exponent") }
    }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private mutating func digits() -> Int {
    let start = index
    while let byte = peek, (48...57).contains(byte) { index += 1 }
    return index - start
  }

  private mutating func string() throws(Diagnostic) -> String {
    let start = index
    index += 1
    var content: [UInt8] = []
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        index += 1
        guard let text = String(validating: content, as: UTF8.self) else {
          index = start
          throw mistake("a string that is not UTF-8", "UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): try escape(into: &content)
      case 0..<32: throw mistake("a control character in a string", "an escape such as \\n")
      default:
        content.append(byte)
        index += 1
      }
    }
    throw mistake("the end of the text inside a string", "'\"'")
  }

  private mutating func escape(into content: inout [UInt8]) throws(Diagnostic) {
    index += 1
    let simple: [UInt8: UInt8] = [
      UInt8(ascii: "\""): 34, UInt8(ascii: "\\"): 92, UInt8(ascii: "/"): 47, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12,
      UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
    ]
    if let byte = peek, let plain = simple[byte] {
      content.append(plain)
      index += 1
      return
    }
    guard accept("u"), let unit = hexadecimal() else { throw mistake("an unknown escape", "an escape of RFC 8259") }
    var scalar = UInt32(unit)
    if (0xD800..<0xDC00).contains(unit) {
      guard accept("\\"), accept("u"), let low = hexadecimal(), (0xDC00..<0xE000).contains(low) else {
        throw mistake("half a surrogate pair", "both halves")
      }
      scalar = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
    }
    guard let valid = Unicode.Scalar(scalar) else { throw mistake("half a surrogate pair", "both halves") }
    content += String(Character(valid)).utf8
  }

  private mutating func hexadecimal() -> UInt16? {
    guard index + 4 <= bytes.count, let pair = Hexadecimal.bytes(String(decoding: bytes[index..<(index + 4)], as: UTF8.self)) else { return nil }
    index += 4
    return UInt16(pair[0]) << 8 | UInt16(pair[1])
  }

  private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 32 || byte == 9 || byte == 10 || byte == 13 { index += 1 }
  }

  private func ending(_ what: String) -> String {
    index == bytes.count ? "the end of the text inside \(what)" : "something else inside \(what)"
  }

  private func mistake(_ found: String, _ expected: String) -> Diagnostic {
    let before = bytes[..<min(index, bytes.count)]
    let line = before.count { $0 == 10 } + 1
    let lineStart = before.lastIndex(of: 10).map { $0 + 1 } ?? 0
    let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
    return Diagnostic(.jsonText, position: SourcePosition(line: line, column: column), found: found, expected: expected)
  }
}
