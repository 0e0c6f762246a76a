import FlowPatterns

extension Function {
  /// Functions that apply one chain to several values.
  static let selection: [Function] = [
    Function(
      "anyAttribute(name…)", .selection, subject: .none,
      "True when the chain that follows is true for at least one of the named attributes.",
      Example("${anyAttribute('a', 'b'):contains('x')}", ["a": "1", "b": "x2"], gives: "true")
    ) { site throws(ExpressionProblem) in try named(site, .any) },
    Function(
      "allAttributes(name…)", .selection, subject: .none,
      "True when the chain is true for every named attribute; or their values for `count` and `join`.",
      Example("${allAttributes('a', 'b'):join('+')}", ["a": "1", "b": "2"], gives: "1+2")
    ) { site throws(ExpressionProblem) in try named(site, .all) },
    Function(
      "anyMatchingAttribute(pattern…)", .selection, subject: .none,
      "As `anyAttribute`, for the attributes whose whole name matches one of the regular expressions.",
      Example("${anyMatchingAttribute('id\\..*'):equals('7')}", ["id.a": "1", "id.b": "7"], gives: "true")
    ) { site throws(ExpressionProblem) in try matching(site, .any) },
    Function(
      "allMatchingAttributes(pattern…)", .selection, subject: .none,
      "As `allAttributes`, for the attributes whose whole name matches one of the regular expressions.",
      Example("${allMatchingAttributes('id\\..*'):count()}", ["id.a": "1", "id.b": "7"], gives: "2")
    ) { site throws(ExpressionProblem) in try matching(site, .all) },
    Function(
      "anyDelineatedValue(text, delimiter)", .selection, subject: .none,
      "As `anyAttribute`, for the parts of a text; the delimiter is a regular expression.",
      Example("${anyDelineatedValue(${list}, ','):equals('b')}", ["list": "a,b"], gives: "true")
    ) { site throws(ExpressionProblem) in try delineated(site, .any) },
    Function(
      "allDelineatedValues(text, delimiter)", .selection, subject: .none,
      "As `allAttributes`, for the parts of a text; the delimiter is a regular expression.",
      Example("${allDelineatedValues(${list}, ','):length():gt(1)}", ["list": "aa,bb"], gives: "true")
    ) { site throws(ExpressionProblem) in try delineated(site, .all) },
  ]

  private static func named(
    _ site: CallSite, _ quantifier: Selection.Quantifier
  ) throws(ExpressionProblem) -> Operand {
    let names = try literals(site, expected: "the name of an attribute in quotes")
    for (name, argument) in zip(names, site.arguments) where Text.trimmed(name).isEmpty {
      throw ExpressionProblem(.argument, offset: argument.offset, found: "an empty name", expected: "the name of an attribute")
    }
    return selecting(site, quantifier) { e in names.map { e.attributes[$0] } }
  }

  private static func matching(
    _ site: CallSite, _ quantifier: Selection.Quantifier
  ) throws(ExpressionProblem) -> Operand {
    var patterns: [JavaPattern] = []
    for (text, argument) in zip(try literals(site, expected: "a regular expression in quotes"), site.arguments) {
      do throws(ExpressionProblem) { patterns.append(try JavaPattern(argument: text)) } catch {
        throw error.of(text, at: argument.offset)
      }
    }
    let prepared = patterns
    return selecting(site, quantifier) { e throws(EvaluationError) in
      var values: [String?] = []
      for pattern in prepared {
        for name in e.attributes.names where try JavaPattern.searching({ () throws(PatternProblem) in try pattern.matches(name) }) { values.append(e.attributes[name]) }
      }
      return values.isEmpty ? [nil] : values
    }
  }

  private static func delineated(
    _ site: CallSite, _ quantifier: Selection.Quantifier
  ) throws(ExpressionProblem) -> Operand {
    let text = site.text(0)
    let delimiter = try site.prepared(1, Splitter.init)
    return selecting(site, quantifier) { e throws(EvaluationError) in
      guard let value = try text(e), let splitter = try delimiter(e) else { return [nil] }
      let parts: [String?] = try splitter.split(value)
      return parts.isEmpty ? [nil] : parts
    }
  }

  private static func selecting(
    _ site: CallSite, _ quantifier: Selection.Quantifier, _ values: @escaping Compute<[String?]>
  ) -> Operand {
    var operand = Operand.text { $0.subject }
    operand.selection = Selection(quantifier: quantifier, name: site.name, values: values)
    return operand
  }

  private static func literals(_ site: CallSite, expected: String) throws(ExpressionProblem) -> [String] {
    var texts: [String] = []
    for argument in site.arguments {
      guard let text = argument.operand.literal else {
        throw ExpressionProblem(
          .argument, offset: argument.offset, found: "an argument that changes with the FlowFile", expected: expected)
      }
      texts.append(text)
    }
    return texts
  }
}

/// Combines the values when an expression over several values ends.
enum SelectionEnd {
  /// Combines the values of a selection into one.
  static func close(_ operand: Operand, at offset: Int) throws(ExpressionProblem) -> Operand {
    if let reduction = operand.reduction { return reduced(reduction, operand.selection) }
    guard let selection = operand.selection else { return operand }
    guard case .boolean(let compute) = operand.form else {
      throw ExpressionProblem(
        .argument, offset: offset, found: "the end of '\(selection.name)' with a value of type \(operand.type.rawValue)",
        expected: selection.quantifier == .any ? "a condition" : "a condition, 'count' or 'join'",
        hint: "combine the values with a function that returns one")
    }
    return .boolean(quantified(compute, selection))
  }

  private static func quantified(_ compute: @escaping Compute<Bool?>, _ selection: Selection) -> Compute<Bool?> {
    let isAny = selection.quantifier == .any
    return { e throws(EvaluationError) in
      for (index, value) in try selection.values(e).enumerated() {
        let result = try compute(e.with(subject: value))
        // NiFi returns false if the first value has no result.
        if result == nil, index == 0 { return false }
        if let result, result == isAny { return isAny }
      }
      return !isAny
    }
  }

  private static func reduced(_ reduction: Reduction, _ selection: Selection?) -> Operand {
    let values: Compute<[String?]> = if let selection { selection.values } else { { _ in [nil] } }
    switch reduction {
    case .text(let reduce): return .text { e throws(EvaluationError) in try reduce(e, try values(e)) }
    case .whole(let reduce): return .whole { e throws(EvaluationError) in try reduce(e, try values(e)) }
    }
  }
}
