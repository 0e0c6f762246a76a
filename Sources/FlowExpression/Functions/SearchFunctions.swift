import FlowPatterns

extension Function {
  /// Searching for and replacing text and patterns.
  static let search: [Function] = [
    Function(
      "contains(text)", .search, "True when the text occurs in it.",
      Example("${a:contains('bc')}", ["a": "abcd"], gives: "true")
    ) { site in comparison(site) { Text.contains($1, in: $0) } },
    Function(
      "startsWith(text)", .search, "True when it begins with the text.",
      Example("${a:startsWith('ab')}", ["a": "abcd"], gives: "true")
    ) { site in comparison(site) { Text.starts($0, with: $1) } },
    Function(
      "endsWith(text)", .search, "True when it ends with the text.",
      Example("${a:endsWith('cd')}", ["a": "abcd"], gives: "true")
    ) { site in comparison(site) { Text.ends($0, with: $1) } },
    position("indexOf", "first", gives: "1") { Text.first($0, in: $1)?.lowerBound },
    position("lastIndexOf", "last", gives: "3") { Text.last($0, in: $1)?.lowerBound },
    condition("matches", "all of it", "${a:matches('[a-z]+\\d')}") { pattern, text throws(PatternProblem) in try pattern.matches(text) },
    condition("find", "some part of it", "${a:find('c\\d')}") { pattern, text throws(PatternProblem) in try pattern.finds(in: text) },
    Function(
      "replace(text, replacement)", .search, "Every occurrence of the text replaced.",
      Example("${a:replace('.', '-')}", ["a": "1.2.3"], gives: "1-2-3")
    ) { site in
      let text = site.text
      let search = site.requiredText(0)
      let replacement = site.requiredText(1)
      return .text { e throws(EvaluationError) in
        guard let value = try text(e) else { return nil }
        return Text.replacing(try search(e), with: try replacement(e), in: value)
      }
    },
    Function(
      "replaceFirst(pattern, replacement)", .search,
      "The first match of the regular expression replaced; `$1` in the replacement is the first group.",
      Example("${a:replaceFirst('\\d', '#')}", ["a": "a1b2"], gives: "a#b2")
    ) { site throws(ExpressionProblem) in try replacing(site, onlyFirst: true) },
    Function(
      "replaceAll(pattern, replacement)", .search,
      "Every match of the regular expression replaced; `$1` in the replacement is the first group.",
      Example("${a:replaceAll('(\\d)', '<$1>')}", ["a": "a1b2"], gives: "a<1>b<2>")
    ) { site throws(ExpressionProblem) in try replacing(site, onlyFirst: false) },
    Function(
      "replaceByPattern(mappings)", .search,
      "The value of the first mapping `pattern:value` (separated by commas) whose pattern matches all of it.",
      Example("${a:replaceByPattern('[0-9]+:number,.*:other')}", ["a": "42"], gives: "number")
    ) { site throws(ExpressionProblem) in
      let text = site.text
      let mappings = try site.prepared(0, PatternMappings.init)
      return .text { e throws(EvaluationError) in
        guard let value = try text(e) else { return nil }
        return try mappings(e).map { mappings throws(EvaluationError) in try mappings.value(for: value) ?? value } ?? value
      }
    },
  ]

  private static func position(
    _ name: String, _ which: String, gives result: String, _ find: @escaping @Sendable (String, String) -> String.Index?
  ) -> Function {
    Function(
      "\(name)(text)", .search, "The position of the \(which) occurrence, from 0; -1 when there is none.",
      Example("${a:\(name)('b')}", ["a": "abcb"], gives: result)
    ) { site in
      let text = site.text
      let needle = site.requiredText(0)
      return .whole { e throws(EvaluationError) in
        guard let value = try text(e) else { return -1 }
        return find(try needle(e), value).map { Text.offset(of: $0, in: value) } ?? -1
      }
    }
  }

  private static func condition(
    _ name: String, _ extent: String, _ example: String, _ holds: @escaping @Sendable (JavaPattern, String) throws(PatternProblem) -> Bool
  ) -> Function {
    Function(
      "\(name)(pattern)", .search, "True when the regular expression matches \(extent).",
      Example(example, ["a": "abc1"], gives: "true")
    ) { site throws(ExpressionProblem) in
      let text = site.text
      let pattern = try site.prepared(0, JavaPattern.init(argument:))
      return .boolean { e throws(EvaluationError) in
        guard let value = try text(e), let pattern = try pattern(e) else { return false }
        return try JavaPattern.searching { () throws(PatternProblem) in try holds(pattern, value) }
      }
    }
  }

  private static func replacing(_ site: CallSite, onlyFirst: Bool) throws(ExpressionProblem) -> Operand {
    let text = site.text
    let pattern = try site.prepared(0, JavaPattern.init(argument:))
    let replacement = site.requiredText(1)
    let name = site.name
    return .text { e throws(EvaluationError) in
      guard let value = try text(e) else { return nil }
      guard let pattern = try pattern(e) else { throw EvaluationError("argument 1 of '\(name)' has no value") }
      return try Replacement.replaced(pattern, in: value, with: try replacement(e), onlyFirst: onlyFirst)
    }
  }
}

/// The parsed argument of `replaceByPattern`.
private struct PatternMappings: Sendable {
  private let mappings: [(pattern: JavaPattern, value: String)]

  /// Skips mappings with an empty pattern or value, or an invalid pattern, like NiFi.
  init(_ text: String) throws(ExpressionProblem) {
    var mappings: [(JavaPattern, String)] = []
    for part in text.split(separator: ",") where !Text.trimmed(text).isEmpty {
      let sides = Text.trimmed(String(part)).split(separator: ":", omittingEmptySubsequences: false)
      guard sides.count >= 2 else { throw ExpressionProblem.unsuitable(expected: "'pattern:value' between commas") }
      let value = String(sides[1])
      guard !Text.trimmed(String(sides[0])).isEmpty, !Text.trimmed(value).isEmpty else { continue }
      do { mappings.append((try JavaPattern(argument: String(sides[0])), value)) } catch { continue }
    }
    self.mappings = mappings
  }

  func value(for text: String) throws(EvaluationError) -> String? {
    for (pattern, value) in mappings where try JavaPattern.searching({ () throws(PatternProblem) in try pattern.matches(text) }) { return value }
    return nil
  }
}
