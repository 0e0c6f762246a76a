import FlowCore

extension Content {
  /// A content of bytes; empty without any.
  init(bytes: [UInt8]) { self = bytes.isEmpty ? .empty : .bytes(bytes) }
}

extension FlowFile {
  /// Its content in bytes: rows as JSON Lines, as in a file. Throws `ProcessorError` (`disk`) if it is in a file that cannot be read.
  func contentBytes(_ session: ProcessSession) async throws -> [UInt8] {
    var loaded = self
    try await loaded.loadContent(session.environment.contents)
    return loaded.content.fileBytes
  }
}

/// A text's failure to be UTF-8, found by the processors that read content as text.
enum UTF8Content {
  /// Throws `ProcessorError` (`bad_data`) with the place of the first byte that is not UTF-8.
  static func text(_ bytes: some Collection<UInt8>) throws(ProcessorError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ProcessorError(.badData, "the content is not UTF-8\(UTF8Fault.place(in: bytes)); expected text in UTF-8")
    }
    return text
  }

  /// The text at the beginning of a content, without a part of a character at its end. Throws as `text(_:)`.
  static func beginning(of bytes: [UInt8], atMost count: Int) throws(ProcessorError) -> String {
    try text(UTF8Fault.beginning(of: bytes, atMost: count))
  }
}

/// A line of a content, with its line ending: `\n`, `\r` or `\r\n`. The last one may have none.
struct TextLine: Sendable, Equatable {
  /// With the ending.
  var range: Range<Int>
  var endingLength: Int

  /// Without the ending.
  var text: Range<Int> { range.lowerBound..<range.upperBound - endingLength }
  var isBlank: Bool { range.count == endingLength }

  /// The lines of a content, which together are all of its bytes.
  static func all(of bytes: [UInt8]) -> [TextLine] {
    var lines: [TextLine] = []
    var start = 0
    var position = 0
    while position < bytes.count {
      defer { position += 1 }
      guard bytes[position] == UInt8(ascii: "\n") || bytes[position] == UInt8(ascii: "\r") else { continue }
      let isPair = bytes[position] == UInt8(ascii: "\r") && position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "\n")
      if isPair { position += 1 }
      lines.append(TextLine(range: start..<position + 1, endingLength: isPair ? 2 : 1))
      start = position + 1
    }
    if start < bytes.count { lines.append(TextLine(range: start..<bytes.count, endingLength: 0)) }
    return lines
  }
}
