/// Text that may contain `${…}` expressions of NiFi's Expression Language: compiled once, evaluated per FlowFile.
///
/// Immutable. `init` prepares everything that does not depend on a FlowFile (literals, regular expressions, date
/// patterns, JSON paths, time zones), so mistakes in them are reported with their position when the flow is loaded.
package struct Expression: Sendable {
  /// The evaluation strategy, from cheapest to most expensive.
  private enum Plan: Sendable {
    case literal(String)
    case attribute(String)
    case single(Compute<String?>)
    case pieces([Piece])
  }

  /// A segment of the text.
  enum Piece: Sendable {
    case literal(String)
    case attribute(String)
    case computed(Compute<String?>)
  }

  /// Typical bytes per piece, for reserving capacity.
  private static let usualLength = 24

  private let plan: Plan
  /// The attributes named literally; names computed at run time (`${${name}}`, patterns) are not included.
  package let attributeNames: Set<String>
  /// The places that read an attribute by its literal name, in text order; functions over several attributes are not
  /// included.
  package let references: [AttributeReference]
  /// The type of the value if the whole text is one expression; nil for literals and mixed text, whose value is text.
  package let resultType: ExpressionResultType?

  /// Compiles `text`.
  ///
  /// - Parameters:
  ///   - parameters: the parameters to which `#{name}` may refer.
  ///   - references: where `#{name}` is recognised.
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

  /// Whether the text contains no expression, so that its value is constant.
  package var isLiteral: Bool { literalValue != nil }

  /// The value if the text contains no expression, with `$${` and `##{` unescaped; otherwise nil.
  package var literalValue: String? {
    if case .literal(let text) = plan { text } else { nil }
  }

  /// The value for one FlowFile; a missing value (such as a missing attribute) contributes nothing.
  package func evaluate(
    _ attributes: any AttributeSource, environment: ExpressionEnvironment
  ) throws(EvaluationError) -> String {
    try evaluate(attributes, environment, depth: 0)
  }

  /// The same, with every value of an expression changed before it is inserted; text beside expressions is not (NiFi's decorator).
  package func evaluate(
    _ attributes: any AttributeSource, environment: ExpressionEnvironment, decorating decorate: (String) -> String
  ) throws(EvaluationError) -> String {
    guard case .pieces(let pieces) = plan else {
      let value = try evaluate(attributes, environment: environment)
      return isLiteral ? value : decorate(value)
    }
    var result = ""
    for piece in pieces {
      switch piece {
      case .literal(let text): result += text
      case .attribute(let name): if let value = attributes[name] { result += decorate(value) }
      case .computed(let compute):
        if let value = try compute(Evaluation(attributes: attributes, environment: environment, depth: 0)) { result += decorate(value) }
      }
    }
    return result
  }

  /// Whether the value for one FlowFile is the boolean true; anything else, including a missing value, is false.
  package func evaluateBoolean(
    _ attributes: any AttributeSource, environment: ExpressionEnvironment
  ) throws(EvaluationError) -> Bool {
    try Text.isTrue(evaluate(attributes, environment: environment))
  }

  /// The value within a nested evaluation, as `evaluateELString` needs it.
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

/// A place in a text that reads an attribute: `${slice.date}`.
package struct AttributeReference: Sendable, Hashable {
  package let name: String
  /// Unicode scalars from the start of the text.
  package let offset: Int
  /// A following function provides a default or tests for the attribute.
  package internal(set) var isGuarded = false
}
