/// One function call during compilation: its operands, and their conversions to the types that the function needs.
struct CallSite: Sendable {
  /// An argument and its offset.
  struct Argument: Sendable {
    let operand: Operand
    let offset: Int
  }

  let name: String
  let offset: Int
  let hasSubject: Bool
  let subject: Operand
  let arguments: [Argument]

  /// The subject as text.
  var text: Compute<String?> { subject.text }

  /// An argument as text.
  func text(_ index: Int) -> Compute<String?> { arguments[index].operand.text }

  /// An argument as text; a missing value is an evaluation error.
  func requiredText(_ index: Int) -> Compute<String> {
    if let literal = literal(index) { return { _ in literal } }
    let text = text(index)
    let name = name
    return { e throws(EvaluationError) in
      guard let value = try text(e) else { throw EvaluationError("argument \(index + 1) of '\(name)' has no value") }
      return value
    }
  }

  /// The text of a constant argument; otherwise nil.
  func literal(_ index: Int) -> String? {
    index < arguments.count ? arguments[index].operand.literal : nil
  }

  func boolean() throws(ExpressionProblem) -> Compute<Bool?> {
    try converted(subject.boolean, subject, to: "a boolean", at: offset)
  }

  func boolean(_ index: Int) throws(ExpressionProblem) -> Compute<Bool?> {
    try converted(
      arguments[index].operand.boolean, arguments[index].operand, to: "a boolean", at: arguments[index].offset)
  }

  func whole() throws(ExpressionProblem) -> Compute<Int64?> {
    try converted(subject.whole, subject, to: "a whole number", at: offset)
  }

  func whole(_ index: Int) throws(ExpressionProblem) -> Compute<Int64?> {
    try converted(
      arguments[index].operand.whole, arguments[index].operand, to: "a whole number", at: arguments[index].offset)
  }

  func number() throws(ExpressionProblem) -> Compute<JavaNumber?> {
    try converted(subject.number, subject, to: "a number", at: offset)
  }

  func number(_ index: Int) throws(ExpressionProblem) -> Compute<JavaNumber?> {
    try converted(
      arguments[index].operand.number, arguments[index].operand, to: "a number", at: arguments[index].offset)
  }

  func decimal() throws(ExpressionProblem) -> Compute<Double?> {
    try converted(subject.decimal, subject, to: "a decimal", at: offset)
  }

  func date() throws(ExpressionProblem) -> Compute<Int64?> {
    try converted(subject.date, subject, to: "a date", at: offset)
  }

  func instant() throws(ExpressionProblem) -> Compute<JavaInstant?> {
    try converted(subject.instant, subject, to: "an instant", at: offset)
  }

  /// A value prepared from a text argument (a pattern, a path, a zone): when the flow is loaded if the argument is
  /// constant, otherwise at every evaluation.
  ///
  /// The computation yields nil if the argument has no value.
  func prepared<Value: Sendable>(
    _ index: Int, _ prepare: @escaping @Sendable (String) throws(ExpressionProblem) -> Value
  ) throws(ExpressionProblem) -> Compute<Value?> {
    if let literal = literal(index) {
      do throws(ExpressionProblem) {
        let value = try prepare(literal)
        return { _ in value }
      } catch {
        throw error.of(literal, at: arguments[index].offset)
      }
    }
    let text = text(index)
    return { e throws(EvaluationError) in
      guard let value = try text(e) else { return nil }
      do throws(ExpressionProblem) { return try prepare(value) } catch {
        throw EvaluationError("found '\(value)'; expected \(error.expected)")
      }
    }
  }

  private func converted<Result>(
    _ compute: Compute<Result?>?, _ operand: Operand, to wanted: String, at offset: Int
  ) throws(ExpressionProblem) -> Compute<Result?> {
    guard let compute else {
      throw ExpressionProblem(
        .argument, offset: offset, found: "a value of type \(operand.type.rawValue)", expected: "\(wanted) for '\(name)'")
    }
    return compute
  }
}
