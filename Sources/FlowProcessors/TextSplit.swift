import FlowCore

/// Cuts a text into fragments of lines: the decisions of SplitText, without FlowFiles.
struct TextSplit: Sendable {
  struct Fragment: Sendable, Equatable {
    var bytes: [UInt8]
    /// Lines of the text in it, without those of the header.
    var lineCount: Int
  }

  /// Lines of a fragment; 0: as many as its size allows.
  var lineCount: Int
  /// With the header; nil: no limit. A single line may exceed it.
  var maximumBytes: Int?
  var headerLineCount = 0
  /// The first characters of header lines; only used without `headerLineCount`.
  var headerMarker: [UInt8] = []
  var trims = true

  /// Throws `ProcessorError` (`bad_data`) if the header is not there or too large.
  func fragments(of text: [UInt8]) throws(ProcessorError) -> [Fragment] {
    let lines = TextLine.all(of: text)
    let headerCount = try headerCount(lines, text)
    let header = 0..<(headerCount == 0 ? 0 : lines[headerCount - 1].range.upperBound)
    if let maximumBytes, header.count > maximumBytes {
      throw ProcessorError(.badData, "the content has a header of \(header.count) bytes; expected at most \(maximumBytes) (maximum_fragment_size)")
    }
    // A fragment of the header alone has no use for its last line ending.
    let headerAlone = headerCount == 0 ? header : header.lowerBound..<header.upperBound - lines[headerCount - 1].endingLength
    var fragments: [Fragment] = []
    var position = headerCount
    while position < lines.count {
      let end = self.end(from: position, lines, headerBytes: header.count)
      var kept = position..<end
      var body = lines[position].range.lowerBound..<lines[end - 1].range.upperBound
      if trims {
        while let last = kept.last, lines[last].isBlank { kept = kept.dropLast() }
        body = kept.isEmpty ? body.lowerBound..<body.lowerBound : body.lowerBound..<lines[kept.upperBound - 1].text.upperBound
      }
      if !body.isEmpty {
        fragments.append(Fragment(bytes: Array(text[header] + text[body]), lineCount: kept.count))
      } else if headerCount > 0 {
        fragments.append(Fragment(bytes: Array(text[headerAlone]), lineCount: 0))
      }
      position = end
    }
    if headerCount > 0 && headerCount == lines.count { fragments.append(Fragment(bytes: Array(text[headerAlone]), lineCount: 0)) }
    return fragments
  }

  private func headerCount(_ lines: [TextLine], _ text: [UInt8]) throws(ProcessorError) -> Int {
    if headerLineCount > 0 {
      // An empty text has no fragments, and nothing is missing.
      guard lines.isEmpty || lines.count >= headerLineCount else {
        throw ProcessorError(.badData, "the content has \(lines.count) lines; expected at least \(headerLineCount), the header (header_line_count)")
      }
      return min(headerLineCount, lines.count)
    }
    guard !headerMarker.isEmpty else { return 0 }
    return lines.prefix { text[$0.range].starts(with: headerMarker) }.count
  }

  /// The end of a fragment that begins with a line.
  private func end(from start: Int, _ lines: [TextLine], headerBytes: Int) -> Int {
    var size = headerBytes
    var position = start
    while position < lines.count, lineCount == 0 || position - start < lineCount {
      size += lines[position].range.count
      if let maximumBytes, size > maximumBytes, position > start { break }
      position += 1
      if let maximumBytes, size > maximumBytes { break }
    }
    return position
  }
}
