extension Function {
  /// Conditions and operations on them.
  static let boolean: [Function] = [
    Function(
      "isNull()", .boolean, "True when there is no value.", Example("${missing:isNull()}", gives: "true")
    ) { site in
      let text = site.text
      return .boolean { e throws(EvaluationError) in try text(e) == nil }
    },
    Function(
      "notNull()", .boolean, "True when there is a value, also an empty one.",
      Example("${a:notNull()}", ["a": ""], gives: "true")
    ) { site in
      let text = site.text
      return .boolean { e throws(EvaluationError) in try text(e) != nil }
    },
    Function(
      "isEmpty()", .boolean, "True when there is no value or nothing but white space.",
      Example("${a:isEmpty()}", ["a": "  "], gives: "true")
    ) { site in
      let text = site.text
      return .boolean { e throws(EvaluationError) in try text(e).map { Text.trimmed($0).isEmpty } ?? true }
    },
    Function(
      "equals(value)", .boolean, "True when both are the same; false when either is missing.",
      Example("${a:equals('x')}", ["a": "x"], gives: "true")
    ) { site in .boolean(equality(site.subject, site.arguments[0].operand)) },
    Function(
      "equalsIgnoreCase(text)", .boolean, "As `equals`, ignoring case.",
      Example("${a:equalsIgnoreCase('HELLO')}", ["a": "Hello"], gives: "true")
    ) { site in
      comparison(site) { Text.same($0.uppercased(), $1.uppercased()) || Text.same($0.lowercased(), $1.lowercased()) }
    },
    Function(
      "in(value…)", .boolean, "True when the subject is one of the values.",
      Example("${color:in('red', 'green')}", ["color": "green"], gives: "true")
    ) { site in
      let text = site.text
      let candidates = site.arguments.map(\.operand.text)
      return .boolean { e throws(EvaluationError) in
        guard let value = try text(e) else { return false }
        for candidate in candidates { if let other = try candidate(e), Text.same(value, other) { return true } }
        return false
      }
    },
    Function(
      "and(condition)", .boolean, "True when both are true. The condition is not evaluated when the subject is false.",
      Example("${a:isEmpty():and(${b:isEmpty()})}", ["b": "x"], gives: "false")
    ) { site throws(ExpressionProblem) in
      let left = try site.boolean()
      let right = try site.boolean(0)
      return .boolean { e throws(EvaluationError) in try left(e) == false ? false : try right(e) }
    },
    Function(
      "or(condition)", .boolean, "True when one is true. The condition is not evaluated when the subject is true.",
      Example("${a:isEmpty():or(${b:isEmpty()})}", ["b": "x"], gives: "true")
    ) { site throws(ExpressionProblem) in
      let left = try site.boolean()
      let right = try site.boolean(0)
      return .boolean { e throws(EvaluationError) in try left(e) == true ? true : try right(e) }
    },
    Function(
      "not()", .boolean, "True when the subject is false; an error when it is missing.",
      Example("${a:isEmpty():not()}", ["a": "x"], gives: "true")
    ) { site throws(ExpressionProblem) in
      let condition = try site.boolean()
      return .boolean { e throws(EvaluationError) in
        guard let value = try condition(e) else { throw EvaluationError("'not' has no condition to negate") }
        return !value
      }
    },
    Function(
      "ifElse(whenTrue, otherwise)", .boolean, "The first value when the subject is true, else the second.",
      Example("${a:isEmpty():ifElse('none', 'some')}", ["a": "x"], gives: "some")
    ) { site throws(ExpressionProblem) in
      let condition = try site.boolean()
      let whenTrue = site.text(0)
      let otherwise = site.text(1)
      return .text { e throws(EvaluationError) in try condition(e) == true ? try whenTrue(e) : try otherwise(e) }
    },
    order("gt", "greater than", "${a:gt(2)}", whole: { $0 > $1 }, decimal: { $0 > $1 }),
    order("ge", "greater than or equal to", "${a:ge(3)}", whole: { $0 >= $1 }, decimal: { $0 >= $1 }),
    order("lt", "less than", "${a:lt(4)}", whole: { $0 < $1 }, decimal: { $0 < $1 }),
    order("le", "less than or equal to", "${a:le(3)}", whole: { $0 <= $1 }, decimal: { $0 <= $1 }),
  ]

  /// A condition on the subject and one text argument; false if either is missing.
  static func comparison(_ site: CallSite, _ holds: @escaping @Sendable (String, String) -> Bool) -> Operand {
    let text = site.text
    let other = site.text(0)
    return .boolean { e throws(EvaluationError) in
      guard let left = try text(e), let right = try other(e) else { return false }
      return holds(left, right)
    }
  }

  private static func order(
    _ name: String, _ words: String, _ example: String, whole: @escaping @Sendable (Int64, Int64) -> Bool,
    decimal: @escaping @Sendable (Double, Double) -> Bool
  ) -> Function {
    Function(
      "\(name)(number)", .boolean, "True when the subject is \(words) the number; false when either is not a number.",
      Example(example, ["a": "3"], gives: "true")
    ) { site throws(ExpressionProblem) in
      let left = try site.number()
      let right = try site.number(0)
      return .boolean { e throws(EvaluationError) in
        guard let left = try left(e), let right = try right(e) else { return false }
        if case .whole(let left) = left, case .whole(let right) = right { return whole(left, right) }
        return decimal(left.decimal, right.decimal)
      }
    }
  }

  /// Like Java's `equals` on values of the same type, otherwise on their text; a date's text is then its milliseconds.
  private static func equality(_ left: Operand, _ right: Operand) -> Compute<Bool?> {
    let normalized: (Operand) -> Compute<String?> = { operand in
      guard case .date(let compute) = operand.form else { return operand.text }
      return { e throws(EvaluationError) in try compute(e).map { String($0) } }
    }
    let leftText = normalized(left)
    let rightText = normalized(right)
    return { e throws(EvaluationError) in
      guard let left = try leftText(e), let right = try rightText(e) else { return false }
      return Text.same(left, right)
    }
  }
}
