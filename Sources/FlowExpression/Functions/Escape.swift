import FlowBase

/// Escapes and unescapes like Apache Commons Text.
enum Escape {
  static let json: @Sendable (String) -> String = { text in
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "/": result += "\\/"
      case "\u{8}": result += "\\b"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\u{C}": result += "\\f"
      case "\r": result += "\\r"
      case " "..."~": result.unicodeScalars.append(scalar)
      default: for unit in String(scalar).utf16 { result += "\\u" + Hexadecimal.text(unit, width: 4, uppercase: true) }
      }
    }
    return result
  }

  static let unescapedJSON: @Sendable (String) throws(EvaluationError) -> String = { text throws(EvaluationError) in
    var reader = JavaUnescape(units: Array(text.utf16))
    return try reader.read()
  }

  static let xml: @Sendable (String) -> String = { text in
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: result += "&quot;"
      case 0x26: result += "&amp;"
      case 0x27: result += "&apos;"
      case 0x3C: result += "&lt;"
      case 0x3E: result += "&gt;"
      // Not allowed in XML 1.0.
      case 0...8, 0xB, 0xC, 0xE...0x1F, 0xFFFE, 0xFFFF: break
      case 0x7F...0x84, 0x86...0x9F: result += "&#\(scalar.value);"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  static let unescapedXML: @Sendable (String) throws(EvaluationError) -> String = {
    HTMLEntities.unescaped($0, names: ["quot": "\"", "amp": "&", "lt": "<", "gt": ">", "apos": "'"])
  }

  static let csv: @Sendable (String) -> String = { text in
    guard text.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return text }
    return "\"" + Text.replacing("\"", with: "\"\"", in: text) + "\""
  }

  static let unescapedCSV: @Sendable (String) throws(EvaluationError) -> String = { text in
    guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
    let inner = String(text.dropFirst().dropLast())
    guard inner.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return inner }
    return Text.replacing("\"\"", with: "\"", in: inner)
  }

  static let html3: @Sendable (String) -> String = { HTMLEntities.escaped($0, names: HTMLEntities.html3) }
  static let html4: @Sendable (String) -> String = { HTMLEntities.escaped($0, names: HTMLEntities.html4) }

  static let unescapedHTML3: @Sendable (String) throws(EvaluationError) -> String = {
    HTMLEntities.unescaped($0, names: HTMLEntities.html3Characters)
  }

  static let unescapedHTML4: @Sendable (String) throws(EvaluationError) -> String = {
    HTMLEntities.unescaped($0, names: HTMLEntities.html4Characters)
  }
}

/// Parses the escapes of Java's string literals.
private struct JavaUnescape {
  let units: [UInt16]
  private var position = 0
  private var result: [UInt16] = []

  init(units: [UInt16]) {
    self.units = units
  }

  private static let letters: [UInt16: UInt16] = [0x62: 8, 0x6E: 10, 0x74: 9, 0x66: 12, 0x72: 13]

  mutating func read() throws(EvaluationError) -> String {
    while position < units.count {
      guard units[position] == 0x5C, position + 1 < units.count else {
        if units[position] != 0x5C { result.append(units[position]) }
        position += 1
        continue
      }
      let next = units[position + 1]
      if next == 0x75 {
        try code()
      } else if (0x30...0x37).contains(next) {
        octal()
      } else {
        // A backslash before any other character is dropped.
        result.append(JavaUnescape.letters[next] ?? next)
        position += 2
      }
    }
    return String(decoding: result, as: UTF16.self)
  }

  /// `\u0041`, optionally with repeated `u` and a `+`.
  private mutating func code() throws(EvaluationError) {
    position += 1
    while position < units.count, units[position] == 0x75 { position += 1 }
    if position < units.count, units[position] == 0x2B { position += 1 }
    let digits = String(decoding: units[position...].prefix(4), as: UTF16.self)
    guard digits.utf8.count == 4, let unit = UInt16(digits, radix: 16) else {
      throw EvaluationError("the text has '\\u' without four hexadecimal digits")
    }
    result.append(unit)
    position += 4
  }

  /// One to three octal digits, at most `\377`.
  private mutating func octal() {
    let found = units[(position + 1)...].prefix { (0x30...0x37).contains($0) }
    let length = min(found.count, units[position + 1] <= 0x33 ? 3 : 2)
    result.append(found.prefix(length).reduce(0) { $0 * 8 + $1 - 0x30 })
    position += 1 + length
  }
}
