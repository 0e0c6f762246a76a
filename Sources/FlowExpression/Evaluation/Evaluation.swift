/// One evaluation under way.
struct Evaluation {
  let attributes: any AttributeSource
  let environment: ExpressionEnvironment
  /// The value at hand while `anyAttribute` and its like go through several.
  var subject: String?
  /// How many `evaluateELString` stand around this evaluation.
  var depth = 0

  /// The same evaluation with another value at hand.
  func with(subject: String?) -> Evaluation {
    var copy = self
    copy.subject = subject
    return copy
  }
}

/// A compiled computation of a value of one FlowFile; `nil` is NiFi's null.
typealias Compute<Result> = @Sendable (Evaluation) throws(EvaluationError) -> Result

/// Bounds that keep one attribute from taking the memory or the stack of the process.
enum Limit {
  /// UTF-16 units `padLeft`, `padRight`, `repeat`, `toRadix` may produce.
  static let textUnits = 16 << 20
  /// `${…}` inside `${…}`.
  static let nesting = 100
  /// `evaluateELString` reached from within `evaluateELString`.
  static let reevaluation = 16
  /// Arrays and objects inside one another in a JSON text.
  static let jsonDepth = 256
}
