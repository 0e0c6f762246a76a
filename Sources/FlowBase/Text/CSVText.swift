/// Comma-separated values (RFC 4180): how a field is written, and how a text is cut into fields.
package enum CSVText {
  /// What ends a record.
  package static let endOfRecord: [UInt8] = [0x0D, 0x0A]
  package static let comma = UInt8(ascii: ",")
  private static let quote = UInt8(ascii: "\"")

  /// Appends a field, in quotes where it needs them. An empty text is `""`: nothing at all stands for NULL.
  package static func write(_ text: String, separator: UInt8 = CSVText.comma, to bytes: inout [UInt8]) {
    var text = text
    text.withUTF8 { utf8 in
      let isPlain = !utf8.isEmpty && !utf8.contains { $0 == quote || $0 == separator || $0 == 0x0D || $0 == 0x0A }
      if isPlain { return bytes.append(contentsOf: utf8) }
      bytes.append(quote)
      for byte in utf8 {
        if byte == quote { bytes.append(quote) }
        bytes.append(byte)
      }
      bytes.append(quote)
    }
  }

  /// A field as it was found.
  package struct Field: Sendable, Equatable {
    /// Without its quotes; UTF-8 if the whole text is.
    package var bytes: [UInt8]
    package var isQuoted: Bool
  }

  /// What is wrong with a text, and in which line, from 1.
  package struct Mistake: Sendable, Equatable {
    package var line: Int
    package var found: String
    package var expected: String
  }

  /// The next record of a text, or why there is none.
  package enum Cut: Sendable, Equatable {
    case record([Field])
    case mistake(Mistake)
  }

  /// Cuts a text into records, one at a time, so that a long text is never held twice.
  package struct Cutter {
    private let text: [UInt8]
    private let separator: UInt8
    private var index = 0
    /// The line in which the next record begins, from 1.
    package private(set) var line = 1

    /// - Parameter text: in UTF-8, with or without a byte order mark.
    package init(_ text: [UInt8], separator: UInt8 = CSVText.comma) {
      self.text = text
      self.separator = separator
      if text.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    }

    package var isAtEnd: Bool { index >= text.count }

    /// The fields of the next record; an empty line has one empty field. Must not be called at the end.
    package mutating func next() -> Cut {
      var fields: [Field] = []
      while true {
        if index < text.count, text[index] == quote {
          let opening = line
          guard let field = quotedField() else {
            return .mistake(Mistake(line: opening, found: "a quote that is not closed", expected: "a quote at the end of the field"))
          }
          fields.append(field)
        } else {
          fields.append(plainField())
        }
        guard index < text.count else { return .record(fields) }
        let end = text[index]
        index += 1
        if end == separator { continue }
        guard end == 0x0D || end == 0x0A else {
          return .mistake(Mistake(line: line, found: "text after a closing quote", expected: "a separator or the end of the line"))
        }
        if end == 0x0D, index < text.count, text[index] == 0x0A { index += 1 }
        line += 1
        return .record(fields)
      }
    }

    private mutating func plainField() -> Field {
      let start = index
      while index < text.count, text[index] != separator, text[index] != 0x0D, text[index] != 0x0A { index += 1 }
      return Field(bytes: Array(text[start..<index]), isQuoted: false)
    }

    /// nil: its quote is not closed.
    private mutating func quotedField() -> Field? {
      var bytes: [UInt8] = []
      index += 1
      while index < text.count {
        let byte = text[index]
        index += 1
        if byte == quote {
          guard index < text.count, text[index] == quote else { return Field(bytes: bytes, isQuoted: true) }
          index += 1
        } else if byte == 0x0A || (byte == 0x0D && !(index < text.count && text[index] == 0x0A)) {
          line += 1
        }
        bytes.append(byte)
      }
      return nil
    }
  }
}
