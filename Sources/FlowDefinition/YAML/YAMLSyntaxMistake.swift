import CYAML
import FlowCore

/// What libyaml found wrong, and where: its words are turned into ours.
struct YAMLSyntaxMistake {
  private let problem: String
  private let context: String
  /// Where reading stopped; in scalars of the source.
  private let index: Int
  /// Where what could not be finished began.
  private let contextIndex: Int

  init(_ parser: yaml_parser_t) {
    problem = parser.problem.map { String(cString: $0) } ?? "unreadable"
    context = parser.context.map { String(cString: $0) } ?? ""
    index = Int(parser.problem_mark.index)
    contextIndex = parser.context == nil ? Int(parser.problem_mark.index) : Int(parser.context_mark.index)
  }

  func located(in source: SourceText) -> Located {
    var (finding, place) = judged(in: source)
    if let reference = unquotedReference(in: source) { finding.hint = Finding.quoteReference(reference).hint }
    return Located(finding, source.position(of: min(place, source.scalars.count)))
  }

  /// The finding, and where a person should look.
  private func judged(in source: SourceText) -> (Finding, Int) {
    let opened = source.position(of: min(contextIndex, source.scalars.count))
    if let tab = tab(in: source) { return (.tab, tab) }
    switch problem {
    case "found character that cannot start any token":
      return (.cannotBeginText(source.scalars[index]), index)
    case "mapping values are not allowed in this context", "found unexpected ':'":
      return (.secondColon, index)
    case "could not find expected ':'":
      return (.keyWithoutColon, contextIndex)
    case "did not find expected key" where context.contains("block mapping"):
      return (.doesNotLineUp("map", opened: opened), index)
    case "did not find expected '-' indicator":
      return (.doesNotLineUp("list", opened: opened), index)
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

  /// The tab that stopped the reading: at the place itself, or in the white space before it.
  private func tab(in source: SourceText) -> Int? {
    guard index <= source.scalars.count else { return nil }
    if index < source.scalars.count, source.scalars[index] == "\t" { return index }
    let line = source.line(source.position(of: index).line)
    let blank = source.scalars[line].prefix { $0 == " " || $0 == "\t" }
    return blank.firstIndex(of: "\t")
  }

  /// `{ path: #{database} }`: the rest of the line became a comment and so the brace is missing.
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
