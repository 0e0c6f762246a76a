import FlowBase

extension Function {
  /// Numbers.
  static let numbers: [Function] = [
    Function(
      "toNumber()", .numbers,
      "As a whole number, towards zero; no value when it is not a number. Dates give milliseconds.",
      Example("${a:toNumber()}", ["a": "12.7"], gives: "12")
    ) { site throws(ExpressionProblem) in .whole(try site.whole()) },
    Function(
      "toDecimal()", .numbers, "As a decimal number; no value when it is not a number.",
      Example("${a:toDecimal()}", ["a": "12"], gives: "12.0")
    ) { site throws(ExpressionProblem) in .decimal(try site.decimal()) },
    arithmetic("plus", "The sum.", "${a:plus(3)}", gives: "10", whole: { $0 &+ $1 }, decimal: { $0 + $1 }),
    arithmetic("minus", "The difference.", "${a:minus(3)}", gives: "4", whole: { $0 &- $1 }, decimal: { $0 - $1 }),
    arithmetic("multiply", "The product.", "${a:multiply(3)}", gives: "21", whole: { $0 &* $1 }, decimal: { $0 * $1 }),
    arithmetic(
      "divide", "The quotient, towards zero when both are whole; an error when a whole number is divided by 0.",
      "${a:divide(2)}", gives: "3",
      whole: { left, right throws(EvaluationError) in
        guard right != 0 else { throw EvaluationError("a whole number divided by 0") }
        return left.dividedReportingOverflow(by: right).partialValue
      }, decimal: { $0 / $1 }),
    arithmetic(
      "mod", "The remainder, with the sign of the subject.", "${a:mod(4)}", gives: "3",
      whole: { left, right throws(EvaluationError) in
        guard right != 0 else { throw EvaluationError("a whole number divided by 0") }
        return left.remainderReportingOverflow(dividingBy: right).partialValue
      }, decimal: { $0.truncatingRemainder(dividingBy: $1) }),
    Function(
      "math(function, number?)", .numbers, subject: .either,
      "A function of Java's `Math` by name. Whole and decimal subjects have different ones: `sqrt` requires a decimal.",
      Example("${a:toDecimal():math('sqrt')}", ["a": "16"], gives: "4.0"), build: math),
    Function(
      "toRadix(base, width?)", .numbers, "The whole number in base 2 to 36, zero-padded to a width.",
      Example("${a:toRadix(16, 4)}", ["a": "255"], gives: "00ff")
    ) { site throws(ExpressionProblem) in
      let number = try site.whole()
      let base = try site.whole(0)
      let width = site.arguments.count > 1 ? try site.whole(1) : nil
      return .text { e throws(EvaluationError) in
        guard let value = try number(e), let base = try base(e) else { return nil }
        // Like in Java, an invalid base means ten.
        let digits = String(value, radix: (2...36).contains(base) ? Int(base) : 10)
        guard let width, let width = try width(e), width > Int64(digits.utf8.count) else { return digits }
        try checkSize(Int(clamping: width))
        return digits.padded(to: Int(width))
      }
    },
    Function(
      "fromRadix(base)", .numbers, "The whole number written in base 2 to 36.",
      Example("${a:fromRadix(16)}", ["a": "ff"], gives: "255")
    ) { site throws(ExpressionProblem) in
      let text = site.text
      let base = try site.whole(0)
      return .whole { e throws(EvaluationError) in
        guard let digits = try text(e), let base = try base(e) else { return nil }
        guard (2...36).contains(base), let value = Int64(digits, radix: Int(base)) else {
          throw EvaluationError("'\(digits)' is not a whole number in base \(base)")
        }
        return value
      }
    },
  ]

  private static func arithmetic(
    _ name: String, _ meaning: String, _ example: String, gives result: String,
    whole: @escaping @Sendable (Int64, Int64) throws(EvaluationError) -> Int64,
    decimal: @escaping @Sendable (Double, Double) -> Double
  ) -> Function {
    Function(
      "\(name)(number)", .numbers, meaning + " Whole when both are whole; no value when either is not a number.",
      Example(example, ["a": "7"], gives: result)
    ) { site throws(ExpressionProblem) in
      let left = try site.number()
      let right = try site.number(0)
      return .number { e throws(EvaluationError) in
        guard let left = try left(e), let right = try right(e) else { return nil }
        if case .whole(let left) = left, case .whole(let right) = right { return .whole(try whole(left, right)) }
        return .decimal(decimal(left.decimal, right.decimal))
      }
    }
  }

  private static let math: @Sendable (CallSite) throws(ExpressionProblem) -> Operand = {
    site throws(ExpressionProblem) in
    guard site.hasSubject || site.arguments.count == 1 else {
      throw ExpressionProblem(
        .argument, offset: site.offset, found: "'math' with 2 arguments and no subject", expected: "1 argument")
    }
    let subject = site.hasSubject ? try site.number() : nil
    let function = site.text(0)
    let other = site.arguments.count > 1 ? try site.number(1) : nil
    return .number { e throws(EvaluationError) in
      guard let name = try function(e) else { return nil }
      guard let subject else { return try JavaMath.call(name, random: e.environment.random) }
      guard let value = try subject(e) else { return nil }
      guard let other else { return try JavaMath.call(name, value) }
      guard let argument = try other(e) else { return nil }
      return try JavaMath.call(name, value, argument)
    }
  }
}
