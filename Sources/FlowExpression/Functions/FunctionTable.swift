import FlowBase

/// All functions of the Expression Language.
package enum FunctionTable {
  /// In the order of the documentation page.
  static let all: [Function] =
    Function.selection + Function.reduction + Function.boolean + Function.text + Function.search + Function.lists
    + Function.numbers + Function.dates + Function.instants + Function.json + Function.encoding + Function.escaping
    + Function.hashing + Function.system

  static let functions: [String: Function] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// The names of all functions.
  package static var names: [String] { all.map(\.name) }

  /// Keywords of NiFi's grammar besides the function names.
  private static let literals: Set<String> = ["true", "false", "null"]

  /// The function with this name, for a call with or without a subject.
  static func function(_ name: String, hasSubject: Bool, at offset: Int) throws(ExpressionProblem) -> Function {
    guard let function = functions[name] else {
      throw ExpressionProblem(
        .function, offset: offset, found: "the unknown function '\(name)'", expected: "a function of the Expression Language",
        hint: NearestName.suggestion(for: name, among: names))
    }
    if hasSubject, function.subject == .none {
      throw ExpressionProblem(
        .argument, offset: offset, found: "'\(name)' on a value", expected: "a function that takes a subject",
        hint: "write ${\(function.signature)}")
    }
    if !hasSubject, function.subject == .required {
      throw ExpressionProblem(
        .argument, offset: offset, found: "'\(name)' without a subject", expected: "an attribute before it",
        hint: "write ${attribute:\(function.signature)}")
    }
    return function
  }

  /// Explains that a name must be quoted as an attribute because it is a keyword; nil if it is not.
  static func reservedNameProblem(_ name: String, at offset: Int) -> ExpressionProblem? {
    guard functions[name] != nil || literals.contains(name) else { return nil }
    return ExpressionProblem(
      offset: offset, found: "the keyword '\(name)' of the Expression Language", expected: "an attribute",
      hint: "write ${'\(name)'} for the attribute"
        + (functions[name] == nil ? "" : " or ${\(name)(…)} for the function"))
  }
}
