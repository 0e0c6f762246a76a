/// The state of one evaluation.
struct Evaluation {
  let attributes: any AttributeSource
  let environment: ExpressionEnvironment
  /// The current value while `anyAttribute` and similar functions iterate over several.
  var subject: String?
  /// The nesting depth of `evaluateELString`.
  var depth = 0

  /// A copy with another current value.
  func with(subject: String?) -> Evaluation {
    var copy = self
    copy.subject = subject
    return copy
  }
}

/// A compiled computation of a value for one FlowFile; a nil result is NiFi's null.
typealias Compute<Result> = @Sendable (Evaluation) throws(EvaluationError) -> Result

/// Limits that keep an attribute's content from exhausting memory or the stack.
enum Limit {
  /// The most UTF-16 units that `padLeft`, `padRight`, `repeat` and `toRadix` may produce.
  static let textUnits = 16 << 20
  /// The maximum nesting of `${…}`.
  static let nesting = 100
  /// The maximum nesting of `evaluateELString`.
  static let reevaluation = 16
  /// The maximum nesting of arrays and objects in JSON.
  static let jsonDepth = 256
}
