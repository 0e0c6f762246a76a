import FlowCore
import FlowPatterns

/// A regular expression that may contain `${…}`: compiled once if it does not, otherwise for each FlowFile, with the values of expressions literal.
struct PatternExpression: Sendable {
  private let expression: any AttributeExpression
  private let constant: JavaPattern?

  /// An invalid constant pattern, which validation reports, matches nothing here.
  init(_ expression: any AttributeExpression) {
    self.expression = expression
    constant = expression.literal.flatMap { text in do { return try JavaPattern(text) } catch { return nil } }
  }

  /// Throws `ProcessorError` (`expression`) if the result is no regular expression.
  func pattern(for flowFile: FlowFile) throws -> JavaPattern {
    if let constant { return constant }
    let text = try expression.evaluate(flowFile, decorating: JavaPattern.quoted)
    do { return try JavaPattern(text) } catch { throw ProcessorError(.expression, "'\(text)': \(error.message); expected a regular expression") }
  }
}

extension AttributeExpression {
  /// The problems of a constant text as a regular expression; none if it is empty.
  func patternProblems(of property: String) -> [Diagnostic] {
    guard let literal, !literal.isEmpty else { return [] }
    do {
      _ = try JavaPattern(literal)
      return []
    } catch {
      return [Diagnostic(.unsuitableValue, property: property, found: "'\(literal)': \(error.message)", expected: "a regular expression as in Java")]
    }
  }
}

extension JavaPattern {
  /// Runs a search for a processor. Throws `ProcessorError` (`bad_data`) if it takes too long.
  static func searching<Value>(_ search: () throws(PatternProblem) -> Value) throws(ProcessorError) -> Value {
    do { return try search() } catch { throw ProcessorError(.badData, error.message) }
  }

  /// As `matches` and the others, for a processor.
  func isWhole(_ text: String) throws(ProcessorError) -> Bool { try Self.searching { () throws(PatternProblem) in try matches(text) } }
  func isPart(of text: String) throws(ProcessorError) -> Bool { try Self.searching { () throws(PatternProblem) in try finds(in: text) } }
  func places(in text: String, onlyFirst: Bool = false) throws(ProcessorError) -> [Match] {
    try Self.searching { () throws(PatternProblem) in try matches(in: text, onlyFirst: onlyFirst) }
  }
}

extension PropertyKind where Value == JavaPattern {
  /// A regular expression in Java's syntax.
  static var pattern: PropertyKind {
    .scalar("regular expression", expected: "a regular expression as in Java") { text in
      guard !text.isEmpty else { return nil }
      do { return try JavaPattern(text) } catch { return nil }
    }
  }
}
