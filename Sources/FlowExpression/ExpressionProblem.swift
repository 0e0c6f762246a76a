/// Why a text does not compile.
package struct ExpressionProblem: Error, Sendable, Equatable {
  package enum Kind: Sendable {
    case syntax
    /// A function that does not exist.
    case function
    /// What a function is given.
    case argument
    /// A reference to a parameter.
    case parameter
  }
  package let kind: Kind
  /// Unicode scalars from the start of the text to the offending character.
  package let offset: Int
  /// What stands there.
  package let found: String
  /// What could stand there instead.
  package let expected: String
  /// A way out, when one is known: a near name, how to quote.
  package let hint: String?

  package init(_ kind: Kind = .syntax, offset: Int, found: String, expected: String, hint: String? = nil) {
    self.kind = kind
    self.offset = offset
    self.found = found
    self.expected = expected
    self.hint = hint
  }
}

extension ExpressionProblem: CustomStringConvertible {
  /// One sentence, without the place.
  package var description: String {
    "found \(found); expected \(expected)" + (hint.map { "; \($0)" } ?? "")
  }
}

/// Why an expression has no value for one FlowFile. The message says what to look at; it never holds a sensitive value.
package struct EvaluationError: Error, Sendable, Equatable, CustomStringConvertible {
  package let message: String

  package init(_ message: String) {
    self.message = message
  }

  package var description: String { message }
}

/// A value `#{name}` stands for.
package struct ExpressionParameter: Sendable, Equatable {
  package let value: String
  /// A sensitive value may not be used in an expression at all, because its result may end in a FlowFile.
  package let isSensitive: Bool

  package init(_ value: String, isSensitive: Bool = false) {
    self.value = value
    self.isSensitive = isSensitive
  }

  /// Where `#{name}` is a reference.
  package enum Scope: Sendable {
    /// In the whole text; outside `${…}` the value replaces the reference before expressions are looked for,
    /// so a value may itself hold expressions.
    case everywhere
    /// Only inside `${…}`: for text whose outer references were already replaced.
    case insideExpressions
    /// In the whole text, but every reference gives nothing: for text that comes from a FlowFile.
    case disabled
  }
}
