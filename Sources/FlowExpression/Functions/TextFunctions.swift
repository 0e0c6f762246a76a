extension Function {
  /// Text functions.
  static let text: [Function] = [
    mapping("toUpper()", .text, "In upper case.", Example("${a:toUpper()}", ["a": "abc"], gives: "ABC")) {
      $0.uppercased()
    },
    mapping("toLower()", .text, "In lower case.", Example("${a:toLower()}", ["a": "ABC"], gives: "abc")) {
      $0.lowercased()
    },
    mapping(
      "trim()", .text, "Without white space at both ends.", Example("[${a:trim()}]", ["a": "  x y "], gives: "[x y]"),
      Text.trimmed),
    Function(
      "toString()", .text, "As text.", Example("${a:length():toString():append('!')}", ["a": "abc"], gives: "3!")
    ) { site in .text(site.text) },
    Function(
      "length()", .text, "The number of UTF-16 units, 0 when there is no value.",
      Example("${a:length()}", ["a": "abc"], gives: "3")
    ) { site in
      let text = site.text
      return .whole { e throws(EvaluationError) in try text(e).map { Int64(Text.length($0)) } ?? 0 }
    },
    Function(
      "append(text)", .text, "With the text appended.", Example("${a:append('.csv')}", ["a": "data"], gives: "data.csv")
    ) { site in
      let text = site.text
      let other = site.text(0)
      return .text { e throws(EvaluationError) in (try text(e) ?? "") + (try other(e) ?? "") }
    },
    Function(
      "prepend(text)", .text, "With the text prepended.",
      Example("${a:prepend('my ')}", ["a": "data"], gives: "my data")
    ) { site in
      let text = site.text
      let other = site.text(0)
      return .text { e throws(EvaluationError) in (try other(e) ?? "") + (try text(e) ?? "") }
    },
    Function(
      "substring(start, end?)", .text,
      "The UTF-16 units from `start` (from 0) up to but not including `end`; empty when the range is out of bounds.",
      Example("${a:substring(2, 4)}", ["a": "abcdef"], gives: "cd")
    ) { site throws(ExpressionProblem) in
      let text = site.text
      let start = try site.whole(0)
      let end = site.arguments.count > 1 ? try site.whole(1) : nil
      return .text { e throws(EvaluationError) in
        guard let value = try text(e) else { return "" }
        guard let start = try start(e) else { throw EvaluationError("'substring' has no start") }
        guard let end else { return Text.units(value, from: start) }
        guard let end = try end(e) else { throw EvaluationError("'substring' has no end") }
        return Text.units(value, from: start, to: end)
      }
    },
    cut("substringBefore(text)", "The text before the first occurrence.", "${a:substringBefore('/')}", gives: "a") {
      value, mark in
      mark.isEmpty ? nil : Text.first(mark, in: value).map { String(value[..<$0.lowerBound]) }
    },
    cut("substringBeforeLast(text)", "The text before the last occurrence.", "${a:substringBeforeLast('/')}", gives: "a/b")
    {
      value, mark in
      Text.last(mark, in: value).map { String(value[..<$0.lowerBound]) }
    },
    cut("substringAfter(text)", "The text after the first occurrence.", "${a:substringAfter('/')}", gives: "b/c") {
      value, mark in
      Text.first(mark, in: value).map { String(value[$0.upperBound...]) }
    },
    cut("substringAfterLast(text)", "The text after the last occurrence.", "${a:substringAfterLast('/')}", gives: "c") {
      value, mark in
      mark.isEmpty ? nil : Text.last(mark, in: value).map { String(value[$0.upperBound...]) }
    },
    padding("padLeft", "before", "${a:padLeft(5, '0')}", gives: "00042") { $1 + $0 },
    padding("padRight", "after", "${a:padRight(5, '.')}", gives: "42...") { $0 + $1 },
    Function(
      "repeat(minimum, maximum?)", .text,
      "The text several times; with a maximum a random number of times in between.",
      Example("${a:repeat(3)}", ["a": "ab"], gives: "ababab"), build: repeating),
    Function(
      "replaceNull(text)", .text, "The text when there is no value.",
      Example("${missing:replaceNull('none')}", gives: "none")
    ) { site in
      let text = site.text
      let other = site.text(0)
      return .text { e throws(EvaluationError) in
        if let value = try text(e) { return value }
        return try other(e)
      }
    },
    Function(
      "replaceEmpty(text)", .text, "The text when there is no value or nothing but white space.",
      Example("${a:replaceEmpty('none')}", ["a": " "], gives: "none")
    ) { site in
      let text = site.text
      let other = site.text(0)
      return .text { e throws(EvaluationError) in
        let value = try text(e)
        guard let value, !Text.trimmed(value).isEmpty else { return try other(e) }
        return value
      }
    },
    Function(
      "evaluateELString()", .text, "The value of the expressions in the subject's text. Parameters are empty there.",
      Example("${a:evaluateELString()}", ["a": "Hello ${b}", "b": "you"], gives: "Hello you"), build: reevaluating),
  ]

  /// A function that only depends on the subject's text.
  static func mapping(
    _ signature: String, _ family: Family, _ meaning: String, _ example: Example,
    _ map: @escaping @Sendable (String) -> String
  ) -> Function {
    Function(signature, family, meaning, example) { site in
      let text = site.text
      return .text { e throws(EvaluationError) in try text(e).map(map) }
    }
  }

  /// The part of the subject next to a mark; the whole subject if the mark does not occur, empty without a subject.
  private static func cut(
    _ signature: String, _ meaning: String, _ example: String, gives result: String,
    _ cut: @escaping @Sendable (_ value: String, _ mark: String) -> String?
  ) -> Function {
    Function(
      signature, .text, meaning + " The whole text when it does not occur.",
      Example(example, ["a": "a/b/c"], gives: result)
    ) { site in
      let text = site.text
      let mark = site.requiredText(0)
      return .text { e throws(EvaluationError) in
        guard let value = try text(e) else { return "" }
        return cut(value, try mark(e)) ?? value
      }
    }
  }

  private static func padding(
    _ name: String, _ place: String, _ example: String, gives result: String,
    _ joined: @escaping @Sendable (_ value: String, _ padding: String) -> String
  ) -> Function {
    Function(
      "\(name)(length, padding?)", .text,
      "With the padding ('_' unless given) repeated \(place) it, up to that many UTF-16 units.",
      Example(example, ["a": "42"], gives: result)
    ) { site throws(ExpressionProblem) in
      let text = site.text
      let length = try site.whole(0)
      let padding = site.arguments.count > 1 ? site.text(1) : nil
      return .text { e throws(EvaluationError) in
        guard let value = try text(e) else { return nil }
        guard let length = try length(e), (1...Int64(Int32.max)).contains(length) else { return value }
        let missing = Int(length) - Text.length(value)
        guard missing > 0 else { return value }
        try checkSize(Int(length))
        let unit = try padding.flatMap { padding throws(EvaluationError) in try padding(e) } ?? ""
        return joined(value, filled(missing, with: unit.isEmpty ? "_" : unit))
      }
    }
  }

  private static func filled(_ length: Int, with unit: String) -> String {
    let times = length / Text.length(unit)
    let rest = length - times * Text.length(unit)
    return String(repeating: unit, count: times) + Text.units(unit, from: 0, to: Int64(rest))
  }

  private static let repeating: @Sendable (CallSite) throws(ExpressionProblem) -> Operand = {
    site throws(ExpressionProblem) in
    let text = site.text
    let minimum = try site.whole(0)
    let maximum = site.arguments.count > 1 ? try site.whole(1) : nil
    return .text { e throws(EvaluationError) in
      guard let value = try text(e) else { return "" }
      guard let least = try minimum(e), least > 0 else { throw EvaluationError("'repeat' needs a count above 0") }
      var times = least
      if let maximum {
        guard let most = try maximum(e), most >= least else {
          throw EvaluationError("'repeat' needs a maximum that is not below its minimum")
        }
        times += Int64(e.environment.random() % UInt64(most - least + 1))
      }
      guard times <= Int64(Limit.textUnits) else { throw EvaluationError("'repeat' produces more than 16 Mi units") }
      try checkSize(Int(times) * Text.length(value))
      return String(repeating: value, count: Int(times))
    }
  }

  /// Throws if a text would take too much memory.
  static func checkSize(_ units: Int) throws(EvaluationError) {
    guard units <= Limit.textUnits else { throw EvaluationError("a text of \(units) units is longer than 16 Mi units") }
  }

  private static let reevaluating: @Sendable (CallSite) throws(ExpressionProblem) -> Operand = { site in
    let text = site.text
    return .text { e throws(EvaluationError) in
      guard let value = try text(e) else { return nil }
      guard e.depth < Limit.reevaluation else {
        throw EvaluationError("'evaluateELString' is nested more than \(Limit.reevaluation) times")
      }
      let expression: Expression
      do {
        expression = try Expression(value, references: .disabled)
      } catch {
        throw EvaluationError("the text given to 'evaluateELString' does not compile: \(error)")
      }
      return try expression.evaluate(e.attributes, e.environment, depth: e.depth + 1)
    }
  }
}
