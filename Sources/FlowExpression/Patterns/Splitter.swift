import FlowPatterns

/// Splits text like Java's `String.split`: the separator is a regular expression, trailing empty parts are dropped.
struct Splitter: Sendable {
  private enum Separator: Sendable {
    case literal(String)
    case pattern(JavaPattern)
  }

  private let separator: Separator

  init(_ pattern: String) throws(ExpressionProblem) {
    let isLiteral = !pattern.isEmpty && !pattern.unicodeScalars.contains { ".$|()[{^?*+\\".unicodeScalars.contains($0) }
    separator = isLiteral ? .literal(pattern) : .pattern(try JavaPattern(argument: pattern))
  }

  func split(_ text: String) throws(EvaluationError) -> [String] {
    var parts: [String]
    switch separator {
    case .literal(let literal): parts = Text.split(text, by: literal).map(String.init)
    case .pattern(let pattern): parts = try JavaPattern.searching { () throws(PatternProblem) in try Splitter.split(text, pattern) }
    }
    // Without a separator, the text itself is the only part, even if it is empty.
    guard parts.count > 1 else { return parts }
    while parts.last?.isEmpty == true { parts.removeLast() }
    return parts
  }

  private static func split(_ text: String, _ pattern: JavaPattern) throws(PatternProblem) -> [String] {
    let units = Array(text.utf16)
    var parts: [String] = []
    var position = 0
    for match in try pattern.matches(in: text) {
      // An empty match at the start or the end does not produce a part.
      if match.range.upperBound == 0 || (match.range.isEmpty && match.range.lowerBound == units.count) { continue }
      parts.append(String(decoding: units[position..<match.range.lowerBound], as: UTF16.self))
      position = match.range.upperBound
    }
    return parts + [String(decoding: units[position...], as: UTF16.self)]
  }
}
