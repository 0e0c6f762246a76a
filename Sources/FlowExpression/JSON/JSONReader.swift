import FlowBase

/// Parses JSON text.
package struct JSONReader {
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  private init(_ text: String) {
    bytes = Array(text.utf8)
  }

  /// The value at the start of a text.
  ///
  /// - Parameter whole: whether the text must end after it; Jackson does not check this.
  package static func read(_ text: String, whole: Bool = false) throws(ExpressionProblem) -> JSONValue {
    var reader = JSONReader(text)
    let value = try reader.value()
    reader.skipBlanks()
    if whole, reader.position < reader.bytes.count { throw reader.failure("the end of the text") }
    return value
  }

  private func failure(_ expected: String) -> ExpressionProblem { .unsuitable(expected: "\(expected) at byte \(position)") }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || (0x9...0xA).contains(byte) || byte == 0xD { position += 1 }
  }

  private mutating func expect(_ byte: UInt8) throws(ExpressionProblem) {
    skipBlanks()
    guard next == byte else { throw failure("'\(Unicode.Scalar(byte))'") }
    position += 1
  }

  /// Skips white space and then the byte, if it is next.
  private mutating func skip(_ byte: UInt8) -> Bool {
    skipBlanks()
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func value() throws(ExpressionProblem) -> JSONValue {
    skipBlanks()
    switch next {
    case UInt8(ascii: "{"): return try nested { reader throws(ExpressionProblem) in .object(try reader.object()) }
    case UInt8(ascii: "["): return try nested { reader throws(ExpressionProblem) in .array(try reader.array()) }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte): return try number()
    default: throw failure("a value")
    }
  }

  private mutating func nested(
    _ read: (inout JSONReader) throws(ExpressionProblem) -> JSONValue
  ) throws(ExpressionProblem) -> JSONValue {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Limit.jsonDepth else { throw failure("at most \(Limit.jsonDepth) nested values") }
    position += 1
    return try read(&self)
  }

  private mutating func object() throws(ExpressionProblem) -> JSONObject {
    var object = JSONObject()
    if skip(UInt8(ascii: "}")) { return object }
    repeat {
      skipBlanks()
      guard next == UInt8(ascii: "\"") else { throw failure("the name of a member") }
      let key = try string()
      try expect(UInt8(ascii: ":"))
      object.set(key, try value())
    } while skip(UInt8(ascii: ","))
    try expect(UInt8(ascii: "}"))
    return object
  }

  private mutating func array() throws(ExpressionProblem) -> [JSONValue] {
    var values: [JSONValue] = []
    if skip(UInt8(ascii: "]")) { return values }
    repeat { values.append(try value()) } while skip(UInt8(ascii: ","))
    try expect(UInt8(ascii: "]"))
    return values
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(ExpressionProblem) -> JSONValue {
    let matches = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
    guard matches else { throw failure("'\(word)'") }
    position += word.utf8CodeUnitCount
    if let byte = next, (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) {
      throw failure("'\(word)'")
    }
    return value
  }

  private mutating func number() throws(ExpressionProblem) -> JSONValue {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    let whole = digits()
    guard whole > 0, whole == 1 || bytes[position - whole] != 0x30 else { throw failure("a number") }
    var isDecimal = false
    if next == UInt8(ascii: ".") {
      position += 1
      guard digits() > 0 else { throw failure("a digit") }
      isDecimal = true
    }
    if let byte = next, byte | 0x20 == UInt8(ascii: "e") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      guard digits() > 0 else { throw failure("a digit") }
      isDecimal = true
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isDecimal { return .decimal(Double(text) ?? .nan) }
    return Int64(text).map(JSONValue.whole) ?? .large(text)
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func string() throws(ExpressionProblem) -> String {
    position += 1
    let start = position
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
    if next == UInt8(ascii: "\"") {
      position += 1
      return String(decoding: bytes[start..<(position - 1)], as: UTF8.self)
    }
    var result = Array(bytes[start..<position])
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: result, as: UTF8.self)
      case UInt8(ascii: "\\"): result += try escape()
      case 0..<0x20: throw failure("no control character in a text")
      default:
        result.append(byte)
        position += 1
      }
    }
    throw failure("'\"'")
  }

  private static let escapes: [UInt8: UInt8] = [
    0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9,
  ]

  private mutating func escape() throws(ExpressionProblem) -> [UInt8] {
    position += 1
    guard let byte = next else { throw failure("an escaped character") }
    if let plain = JSONReader.escapes[byte] {
      position += 1
      return [plain]
    }
    guard byte == UInt8(ascii: "u") else { throw failure("a valid JSON escape") }
    var units = [try unit()]
    let isHigh = (0xD800...0xDBFF).contains(units[0])
    if isHigh, next == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u") {
      position += 1
      units.append(try unit())
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }

  /// The four digits after `u`.
  private mutating func unit() throws(ExpressionProblem) -> UInt16 {
    position += 1
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Hexadecimal.digit(byte) else { throw failure("four hexadecimal digits") }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }
}
