import CYAML
import FlowCore

/// A syntax error reported by libyaml, translated into our terms.
struct YAMLSyntaxMistake {
  private let problem: String
  private let context: String
  /// Where the parser stopped, in source scalars.
  private let index: Int
  /// The start of the construct that could not be completed.
  private let contextIndex: Int

  init(_ parser: yaml_parser_t) {
    problem = parser.problem.map { String(cString: $0) } ?? "unreadable"
    context = parser.context.map { String(cString: $0) } ?? ""
    index = Int(parser.problem_mark.index)
    contextIndex = parser.context == nil ? Int(parser.problem_mark.index) : Int(parser.context_mark.index)
  }

  func located(in source: SourceText) -> Diagnostic {
    if let (finding, place) = unseen(in: source) { return finding.at(source.position(of: place)) }
    if let quote = QuoteScan.unclosed(in: source, before: index) {
      return Diagnostic.quoteNotClosed.at(source.position(of: quote))
    }
    var (finding, place) = judged(in: source)
    if let reference = unquotedReference(in: source) { finding.hint = Diagnostic.quoting(reference) }
    return finding.at(source.position(of: min(place, source.scalars.count)))
  }

  /// The problem and the most useful position for a person.
  private func judged(in source: SourceText) -> (Diagnostic, Int) {
    let opened = source.position(of: min(contextIndex, source.scalars.count))
    if let tab = tab(in: source) { return (.tab, tab) }
    switch problem {
    case "found character that cannot start any token":
      return (.cannotStartText(source.scalars[index]), index)
    case "mapping values are not allowed in this context", "found unexpected ':'":
      return (.secondColon, index)
    case "could not find expected ':'":
      return (.keyWithoutColon, contextIndex)
    case "did not find expected key" where context.contains("block mapping"):
      return (indentation(in: source, from: opened.line) ?? .misaligned("map", opened: opened), index)
    case "did not find expected '-' indicator":
      return (indentation(in: source, from: opened.line) ?? .misaligned("list", opened: opened), index)
    case "did not find expected ',' or '}'":
      return (.notClosed("{", opened: opened, with: "}"), index)
    case "did not find expected ',' or ']'":
      return (.notClosed("[", opened: opened, with: "]"), index)
    case "found unexpected end of stream" where context.contains("quoted scalar"),
      "found unexpected document indicator" where context.contains("quoted scalar"):
      return (.quoteNotClosed, contextIndex)
    case "found unknown escape character", "did not find expected hexdecimal number",
      "found invalid Unicode character escape code":
      return (.badEscape, index)
    case "block sequence entries are not allowed in this context":
      return (.listHere, index)
    case "did not find expected node content":
      return (.textMissing, index)
    case "found undefined tag handle":
      return (.tag("of an unknown kind"), index)
    case "did not find expected alphabetic or numeric character":
      return (.badAnchor(context.contains("alias") ? "*" : "&"), contextIndex)
    case "did not find expected <document start>":
      return (.textAfterDocument, index)
    default:
      return (.yaml(context.isEmpty ? problem : "\(problem) (\(context))"), index)
    }
  }

  /// An invisible or look-alike character in the line of the error or the one before.
  private func unseen(in source: SourceText) -> (Diagnostic, Int)? {
    let last = source.position(of: min(index, source.scalars.count)).line
    for number in [last, last - 1] {
      let range = source.line(number)
      let line = source.scalars[range].prefix { $0 != "#" }
      if let hidden = UnseenCharacter.hidden(in: line).first(where: { $0.scalar != "\t" && $0.scalar != "\r" }) {
        return (.unseen(hidden), range.lowerBound + hidden.offset)
      }
      if let other = line.firstIndex(where: { UnseenCharacter.isTypographicQuote($0) }) {
        return (.typographicQuote(UnseenCharacter(scalar: source.scalars[other], offset: 0)), other)
      }
      if let other = line.firstIndex(of: "\u{FF1A}") {
        return (.lookAlike(UnseenCharacter(scalar: source.scalars[other], offset: 0)), other)
      }
    }
    return nil
  }

  /// Reports a line indented one or two columns differently from an earlier line of the same list or map; prefers the
  /// smallest difference.
  private func indentation(in source: SourceText, from first: Int) -> Diagnostic? {
    let place = source.position(of: min(index, source.scalars.count))
    let own = source.line(place.line)
    let spaces = source.scalars[own].prefix { $0 == " " }.count
    guard place.column == spaces + 1, first < place.line else { return nil }
    let isItem = begins(own, after: spaces, with: "-", source)
    var nearest: SourcePosition?
    for number in (first..<place.line).reversed() {
      for column in columns(ofLine: number, items: isItem, source) {
        let distance = abs(column - place.column)
        guard (1...2).contains(distance) else { continue }
        if nearest.map({ distance < abs($0.column - place.column) }) ?? true { nearest = SourcePosition(line: number, column: column) }
      }
    }
    return nearest.map { .indented(by: spaces, neighbour: $0) }
  }

  /// The columns where text starts in a line: of its '-' items, or of the text after them.
  private func columns(ofLine number: Int, items: Bool, _ source: SourceText) -> [Int] {
    let line = source.line(number)
    var start = source.scalars[line].prefix { $0 == " " }.count
    var columns: [Int] = []
    while begins(line, after: start, with: "-", source) {
      if items { columns.append(start + 1) }
      start += 1
      while line.lowerBound + start < line.upperBound, source.scalars[line.lowerBound + start] == " " { start += 1 }
    }
    guard !items, line.lowerBound + start < line.upperBound, source.scalars[line.lowerBound + start] != "#" else { return columns }
    return [start + 1]
  }

  private func begins(_ line: Range<Int>, after offset: Int, with sign: Unicode.Scalar, _ source: SourceText) -> Bool {
    let place = line.lowerBound + offset
    guard place < line.upperBound, source.scalars[place] == sign else { return false }
    return place + 1 == line.upperBound || source.scalars[place + 1] == " "
  }

  /// The tab that stopped the parser: at the position itself, or in the white space before it.
  private func tab(in source: SourceText) -> Int? {
    guard index <= source.scalars.count else { return nil }
    if index < source.scalars.count, source.scalars[index] == "\t" { return index }
    let line = source.line(source.position(of: index).line)
    let blank = source.scalars[line].prefix { $0 == " " || $0 == "\t" }
    return blank.firstIndex(of: "\t")
  }

  /// `{ path: #{database} }`: the rest of the line became a comment, so the brace is missing.
  private func unquotedReference(in source: SourceText) -> String? {
    let last = source.position(of: min(index, source.scalars.count)).line
    let first = source.position(of: min(contextIndex, index, source.scalars.count)).line
    for number in first...last {
      let line = source.scalars[source.line(number)]
      for place in line.indices where line[place] == "#" && place > line.startIndex && line[place - 1] == " " {
        if let reference = ParameterText.unquotedReference(at: line[place...]) { return reference }
      }
    }
    return nil
  }
}
