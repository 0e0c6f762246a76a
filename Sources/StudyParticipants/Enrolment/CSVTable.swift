import FlowCore

/// A table of comma-separated values (RFC 4180) with quoting, line breaks inside quotes, CRLF or LF, and an optional
/// byte order mark. The first record names the columns; empty lines are skipped.
package struct CSVTable: Sendable, Equatable {
  package struct Field: Sendable, Equatable {
    /// The text without its quotes, otherwise as in the file.
    package var text: String
    /// Start of the field; columns count characters.
    package var position: SourcePosition
    package var isQuoted = false
  }

  package private(set) var records: [[Field]]

  /// Throws every syntax problem of the text. No message contains a value, because it may be a token.
  package init(parsing bytes: [UInt8], file: String) throws(Diagnostics) {
    let text = try TableText.decode(bytes, file: file)
    if let separator = TableText.otherSeparator(text) {
      throw Diagnostics([
        Diagnostic(
          .enrolmentTable, file: file, position: SourcePosition(line: 1, column: 1 + separator.offset), found: "\(separator.words) separates the columns",
          expected: "a comma", hint: "save the table as CSV with commas; in a spreadsheet the region's settings decide")
      ])
    }
    var parser = CSVParser(text, file: file)
    parser.parse()
    guard parser.problems.isEmpty else { throw Diagnostics(parser.problems) }
    records = parser.records
  }
}

private struct CSVParser {
  private let scalars: [Unicode.Scalar]
  private let file: String
  private var index = 0
  private var position = SourcePosition(line: 1, column: 1)
  private var record: [CSVTable.Field] = []
  private(set) var records: [[CSVTable.Field]] = []
  private(set) var problems: [Diagnostic] = []

  init(_ text: String, file: String) {
    scalars = Array(text.unicodeScalars)
    self.file = file
    if scalars.first == "\u{FEFF}" { index = 1 }
  }

  mutating func parse() {
    while index < scalars.count {
      record.append(field())
      switch peek {
      case ",": _ = take()
      default: endRecord()
      }
      // A comma at the very end of the file starts one more, empty field.
      if index == scalars.count, index > 0, scalars[index - 1] == ",", !record.isEmpty {
        record.append(CSVTable.Field(text: "", position: position))
      }
    }
    if !record.isEmpty { endRecord() }
  }

  private mutating func endRecord() {
    if peek == "\r" { _ = take() }
    if peek == "\n" { _ = take() }
    let isEmptyLine = record.count == 1 && record[0].text.isEmpty
    if !isEmptyLine { records.append(record) }
    record = []
  }

  private mutating func field() -> CSVTable.Field {
    let start = position
    let isQuoted = peek == "\""
    return CSVTable.Field(text: isQuoted ? quoted(from: start) : plain(), position: start, isQuoted: isQuoted)
  }

  private mutating func plain() -> String {
    var text = String.UnicodeScalarView()
    while let scalar = peek, !isEnd(scalar) {
      if scalar == "\"" {
        report(position, "a quote inside a field that does not begin with one", "the whole field in quotes, and each quote in it doubled")
        skipToEnd()
        break
      }
      text.append(take())
    }
    return String(text)
  }

  private mutating func quoted(from start: SourcePosition) -> String {
    _ = take()
    var text = String.UnicodeScalarView()
    while let scalar = peek {
      if scalar == "\"" {
        _ = take()
        guard peek == "\"" else { break }
      }
      text.append(take())
      guard peek != nil else {
        report(start, "a quote that is not closed", "a quote at the end of the field")
        return String(text)
      }
    }
    if let scalar = peek, !isEnd(scalar) {
      report(position, "text after the closing quote", "a comma or the end of the line")
      skipToEnd()
    }
    return String(text)
  }

  private func isEnd(_ scalar: Unicode.Scalar) -> Bool { scalar == "," || scalar == "\n" || scalar == "\r" }
  private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private mutating func take() -> Unicode.Scalar {
    let scalar = scalars[index]
    index += 1
    let endsLine = scalar == "\n" || (scalar == "\r" && peek != "\n")
    position = endsLine ? SourcePosition(line: position.line + 1, column: 1) : SourcePosition(line: position.line, column: position.column + 1)
    return scalar
  }

  private mutating func skipToEnd() {
    while let scalar = peek, scalar != "\n" && scalar != "\r" && scalar != "," { _ = take() }
  }

  private mutating func report(_ position: SourcePosition, _ found: String, _ expected: String) {
    problems.append(Diagnostic(.enrolmentTable, file: file, position: position, found: found, expected: expected))
  }
}
