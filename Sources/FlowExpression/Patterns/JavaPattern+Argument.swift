import FlowPatterns

extension JavaPattern {
  /// A pattern that is an argument of a function.
  init(argument pattern: String) throws(ExpressionProblem) {
    do { try self.init(pattern) } catch { throw ExpressionProblem.unsuitable(expected: "a regular expression") }
  }

  /// Runs a search of a function.
  static func searching<Value>(_ search: () throws(PatternProblem) -> Value) throws(EvaluationError) -> Value {
    do { return try search() } catch { throw EvaluationError(error.message) }
  }
}

extension Replacement {
  /// The text with its matches replaced, for a function.
  static func replaced(
    _ pattern: JavaPattern, in text: String, with replacement: String, onlyFirst: Bool
  ) throws(EvaluationError) -> String {
    do { return try replace(pattern, in: text, with: replacement, onlyFirst: onlyFirst) } catch { throw EvaluationError(error.message) }
  }
}
