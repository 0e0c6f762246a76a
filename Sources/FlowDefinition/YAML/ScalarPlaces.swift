import FlowCore

extension YAMLScalar {
  /// The source index of every Unicode scalar of the text, and one past the last.
  ///
  /// libyaml only reports where a scalar starts and ends, so the source is scanned again. Returns nil if the scan does
  /// not reproduce the text; the start is then the best known position.
  func indices(in source: SourceText) -> [Int]? {
    let reading: Reading?
    switch style {
    case .block: reading = block(in: source)
    case .plain: reading = flow(in: source, from: range.lowerBound, to: range.upperBound)
    case .singleQuoted, .doubleQuoted:
      reading = flow(in: source, from: range.lowerBound + 1, to: range.upperBound - 1)
    }
    guard let reading, reading.text.elementsEqual(text.unicodeScalars) else { return nil }
    return reading.indices + [reading.end]
  }

  /// A scalar's text and the source index of each character.
  private struct Reading {
    var text: [Unicode.Scalar] = []
    var indices: [Int] = []
    var end: Int

    mutating func append(_ scalar: Unicode.Scalar, from index: Int) {
      text.append(scalar)
      indices.append(index)
    }
  }

  // MARK: Plain and quoted

  private func flow(in source: SourceText, from start: Int, to end: Int) -> Reading? {
    var reading = Reading(end: max(start, end))
    var index = start
    while index < end {
      let scalar = source.scalars[index]
      if scalar == "'" && style == .singleQuoted {
        reading.append(scalar, from: index)
        index += 2
      } else if scalar == "\\" && style == .doubleQuoted {
        guard let next = escape(at: index, before: end, in: source, into: &reading) else { return nil }
        index = next
      } else if scalar == " " || scalar == "\t" || SourceText.isBreak(scalar) {
        index = white(at: index, before: end, in: source, into: &reading)
      } else {
        reading.append(scalar, from: index)
        index += 1
      }
    }
    return reading
  }

  /// White space within a line is kept. Around line breaks it is removed; one break becomes a space, n breaks become n
  /// - 1.
  private func white(at start: Int, before end: Int, in source: SourceText, into reading: inout Reading) -> Int {
    var breaks: [Int] = []
    var index = start
    while index < end, isWhite(source.scalars[index]) {
      if isLineEnd(index, in: source) { breaks.append(index) }
      index += 1
    }
    if breaks.isEmpty {
      for place in start..<index { reading.append(source.scalars[place], from: place) }
    } else if breaks.count == 1 {
      reading.append(" ", from: breaks[0])
    } else {
      for place in breaks.dropFirst() { reading.append("\n", from: place) }
    }
    return index
  }

  private func isWhite(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\t" || SourceText.isBreak(scalar)
  }

  /// Whether a line break ends here; CR LF counts at the LF.
  private func isLineEnd(_ index: Int, in source: SourceText) -> Bool {
    let scalars = source.scalars
    guard SourceText.isBreak(scalars[index]) else { return false }
    return !(scalars[index] == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n")
  }

  private func escape(at index: Int, before end: Int, in source: SourceText, into reading: inout Reading) -> Int? {
    guard index + 1 < end else { return nil }
    let kind = source.scalars[index + 1]
    if SourceText.isBreak(kind) { return continuation(after: index + 1, before: end, in: source, into: &reading) }
    if let digits = ["x": 2, "u": 4, "U": 8][kind] {
      let last = index + 2 + digits
      guard last <= end else { return nil }
      let code = String(String.UnicodeScalarView(source.scalars[(index + 2)..<last]))
      guard let scalar = UInt32(code, radix: 16).flatMap(Unicode.Scalar.init) else { return nil }
      reading.append(scalar, from: index)
      return last
    }
    guard let scalar = YAMLScalar.escapes[kind] else { return nil }
    reading.append(scalar, from: index)
    return index + 2
  }

  /// An escaped line break is removed together with the following white space; further line breaks are kept.
  private func continuation(after first: Int, before end: Int, in source: SourceText, into reading: inout Reading)
    -> Int
  {
    var index = first
    var isFirst = true
    while index < end, isWhite(source.scalars[index]) {
      if isLineEnd(index, in: source) {
        if !isFirst { reading.append("\n", from: index) }
        isFirst = false
      }
      index += 1
    }
    return index
  }

  /// The escapes of YAML 1.1, section 5.6.
  private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
    "0": "\0", "a": "\u{7}", "b": "\u{8}", "t": "\t", "\t": "\t", "n": "\n", "v": "\u{B}", "f": "\u{C}", "r": "\r",
    "e": "\u{1B}",
    " ": " ", "\"": "\"", "/": "/", "\\": "\\", "N": "\u{85}", "_": "\u{A0}", "L": "\u{2028}", "P": "\u{2029}",
  ]

  // MARK: Block

  /// Aligns the text with the source lines: the characters of a line are copied, and between lines there are only
  /// breaks or, when folded, one space. This avoids interpreting the header and the chomping rules.
  private func block(in source: SourceText) -> Reading? {
    let characters = Array(text.unicodeScalars)
    let lines = blockLines(in: source)
    guard let indentation = blockIndentation(of: lines, characters, in: source) else { return nil }
    var reading = Reading(end: range.upperBound)
    var lineEnd = range.lowerBound
    for line in lines where line.count > indentation {
      let content = source.scalars[(line.lowerBound + indentation)..<line.upperBound]
      skipBreaks(of: characters, before: content, at: lineEnd, into: &reading)
      let next = reading.text.count
      guard next + content.count <= characters.count, content.elementsEqual(characters[next..<(next + content.count)])
      else {
        // A line of blanks before the end of the text, removed by chomping.
        if content.allSatisfy({ $0 == " " }) { continue }
        return nil
      }
      for index in content.indices { reading.append(source.scalars[index], from: index) }
      lineEnd = line.upperBound
    }
    while reading.text.count < characters.count { reading.append(characters[reading.text.count], from: lineEnd) }
    reading.end = lineEnd
    return reading
  }

  private func skipBreaks(
    of characters: [Unicode.Scalar], before content: ArraySlice<Unicode.Scalar>, at lineEnd: Int,
    into reading: inout Reading
  ) {
    let start = reading.text.count
    while reading.text.count < characters.count, characters[reading.text.count] == "\n" {
      reading.append("\n", from: lineEnd)
    }
    let next = reading.text.count
    if next == start, next > 0, next < characters.count, characters[next] == " ", content.first != " " {
      reading.append(" ", from: lineEnd)
    }
  }

  /// The lines after the header.
  private func blockLines(in source: SourceText) -> [Range<Int>] {
    let first = source.position(of: range.lowerBound).line + 1
    var lines: [Range<Int>] = []
    var number = first
    while true {
      let line = source.line(number)
      guard line.lowerBound >= range.lowerBound, line.lowerBound < range.upperBound else { return lines }
      lines.append(line)
      number += 1
    }
  }

  private func blockIndentation(of lines: [Range<Int>], _ characters: [Unicode.Scalar], in source: SourceText) -> Int? {
    guard let line = lines.first(where: { source.scalars[$0].contains { $0 != " " } }) else {
      return lines.isEmpty ? 0 : nil
    }
    let written = source.scalars[line].prefix { $0 == " " }.count
    let kept = characters.drop { $0 == "\n" }.prefix { $0 == " " }.count
    return written >= kept ? written - kept : nil
  }
}
