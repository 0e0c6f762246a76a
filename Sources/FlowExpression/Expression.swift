/// Text that may hold `${…}` expressions of NiFi's Expression Language: compiled once, evaluated per FlowFile.
///
/// Immutable. Everything that does not depend on a FlowFile (literals, regular expressions, date patterns, JSON paths,
/// time zones) is prepared by `init`, so a mistake in any of them is a located problem at load.
package struct Expression: Sendable {
  /// What evaluation has to do, from cheapest to dearest.
  private enum Plan: Sendable {
    case literal(String)
    case attribute(String)
    case single(Compute<String?>)
    case pieces([Piece])
  }

  /// One stretch of the text.
  enum Piece: Sendable {
    case literal(String)
    case attribute(String)
    case computed(Compute<String?>)
  }

  /// Bytes a piece usually has: room taken at once is cheaper than growing.
  private static let usualLength = 24

  private let plan: Plan
  /// The attributes the expressions name literally; those chosen at run time (`${${name}}`, patterns) are not known.
  package let attributeNames: Set<String>
  /// The places that take an attribute by its literal name, in the order of the text; functions over several attributes are left out.
  package let references: [AttributeReference]
  /// The type of the value when the whole text is one expression; `nil` for literals and mixed text, which are text.
  package let resultType: ExpressionResultType?

  /// Compiles `text`.
  ///
  /// - Parameters:
  ///   - parameters: what `#{name}` may refer to.
  ///   - references: where `#{name}` is looked for.
  /// - Throws: the first problem, with the offset of the offending character in `text`.
  package init(
    _ text: String, parameters: [String: ExpressionParameter] = [:],
    references: ExpressionParameter.Scope = .everywhere
  ) throws(ExpressionProblem) {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "#") }) else {
      self.init(pieces: [.literal(text)], attributeNames: [], references: [], resultType: nil)
      return
    }
    var compiler = Compiler(parameters: parameters, references: references)
    let template = try compiler.template(PlacedText(text))
    self.init(
      pieces: template.pieces, attributeNames: compiler.attributeNames, references: compiler.references,
      resultType: template.resultType)
  }

  private init(
    pieces: [Piece], attributeNames: Set<String>, references: [AttributeReference], resultType: ExpressionResultType?
  ) {
    self.attributeNames = attributeNames
    self.references = references
    self.resultType = resultType
    switch pieces.count {
    case 0: plan = .literal("")
    case 1:
      switch pieces[0] {
      case .literal(let text): plan = .literal(text)
      case .attribute(let name): plan = .attribute(name)
      case .computed(let compute): plan = .single(compute)
      }
    default: plan = .pieces(pieces)
    }
  }

  /// Whether the text holds no expression, so that its value never changes.
  package var isLiteral: Bool { literalValue != nil }

  /// The value when the text holds no expression, with `$${` and `##{` already unescaped.
  package var literalValue: String? {
    if case .literal(let text) = plan { text } else { nil }
  }

  /// The value for one FlowFile; what has no value (a missing attribute) contributes nothing.
  package func evaluate(
    _ attributes: any AttributeSource, environment: ExpressionEnvironment
  ) throws(EvaluationError) -> String {
    try evaluate(attributes, environment, depth: 0)
  }

  /// Whether the value for one FlowFile is a boolean true: anything else, also no value at all, is false.
  package func evaluateBoolean(
    _ attributes: any AttributeSource, environment: ExpressionEnvironment
  ) throws(EvaluationError) -> Bool {
    try Text.isTrue(evaluate(attributes, environment: environment))
  }

  /// The value, also within an evaluation under way, as `evaluateELString` needs it.
  func evaluate(
    _ attributes: any AttributeSource, _ environment: ExpressionEnvironment, depth: Int
  ) throws(EvaluationError) -> String {
    switch plan {
    case .literal(let text): return text
    case .attribute(let name): return attributes[name] ?? ""
    case .single(let compute):
      return try compute(Evaluation(attributes: attributes, environment: environment, depth: depth)) ?? ""
    case .pieces(let pieces):
      var result = ""
      result.reserveCapacity(pieces.count * Expression.usualLength)
      for piece in pieces {
        switch piece {
        case .literal(let text): result += text
        case .attribute(let name): if let value = attributes[name] { result += value }
        case .computed(let compute):
          let evaluation = Evaluation(attributes: attributes, environment: environment, depth: depth)
          if let value = try compute(evaluation) { result += value }
        }
      }
      return result
    }
  }
}

/// The types of the Expression Language, named as NiFi names them.
package enum ExpressionResultType: String, Sendable {
  case string, boolean, decimal, number, date, instant
  case wholeNumber = "whole_number"
}

/// A place in a text that takes an attribute's value: `${slice.date}`.
package struct AttributeReference: Sendable, Hashable {
  package let name: String
  /// Unicode scalars from the start of the text.
  package let offset: Int
  /// A function after it says what holds without the attribute, or asks whether it is there.
  package internal(set) var isGuarded = false
}
