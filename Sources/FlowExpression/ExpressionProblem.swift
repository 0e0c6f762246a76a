/// Why a text does not compile.
package struct ExpressionProblem: Error, Sendable, Equatable {
  package enum Kind: Sendable {
    case syntax
    /// An argument of a function.
    case function
    /// What a function is given.
    case argument
    /// A reference to a parameter.
    case parameter
  }
  package let kind: Kind
  /// Unicode scalars from the start of the text to the offending character.
  package let offset: Int
  /// What was found there.
  package let found: String
  /// What was expected instead.
  package let expected: String
  /// A suggestion if there is one: a similar name, how to quote.
  package let hint: String?

  package init(_ kind: Kind = .syntax, offset: Int, found: String, expected: String, hint: String? = nil) {
    self.kind = kind
    self.offset = offset
    self.found = found
    self.expected = expected
    self.hint = hint
  }

  /// An argument that a function cannot use. The caller that knows the text and its offset adds them with `of(_:at:)`.
  static func unsuitable(expected: String, hint: String? = nil) -> ExpressionProblem {
    ExpressionProblem(.argument, offset: 0, found: "", expected: expected, hint: hint)
  }

  /// The problem of a text at an offset.
  func of(_ text: String, at offset: Int) -> ExpressionProblem {
    ExpressionProblem(kind, offset: offset, found: "'\(text)'", expected: expected, hint: hint)
  }
}

extension ExpressionProblem: CustomStringConvertible {
  /// One sentence, without the position.
  package var description: String {
    "found \(found); expected \(expected)" + (hint.map { "; \($0)" } ?? "")
  }
}

/// Why an expression has no value for one FlowFile. The message names the cause and never contains a sensitive value.
package struct EvaluationError: Error, Sendable, Equatable, CustomStringConvertible {
  package let message: String

  package init(_ message: String) {
    self.message = message
  }

  package var description: String { message }
}

/// The value of `#{name}`.
package struct ExpressionParameter: Sendable, Equatable {
  package let value: String
  /// Sensitive values are not allowed in expressions, because the result may be stored in a FlowFile.
  package let isSensitive: Bool

  package init(_ value: String, isSensitive: Bool = false) {
    self.value = value
    self.isSensitive = isSensitive
  }

  /// Where `#{name}` is a reference.
  package enum Scope: Sendable {
    /// In the whole text. Outside of `${…}`, the value replaces the reference before expressions are parsed, so it may
    /// contain expressions itself.
    case everywhere
    /// Only inside `${…}`, for text whose other references were already replaced.
    case insideExpressions
    /// Every reference yields nothing, for text that comes from a FlowFile.
    case disabled
  }
}
