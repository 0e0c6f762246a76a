import FlowCore

/// Determines every parameter's value: from `-p`, or else a parameter file, or else the environment, or else the
/// default, which may refer to other parameters.
final class ParameterResolver {
  private enum State {
    case resolving
    case resolved(ResolvedParameters.Value)
  }
  private let declarations: [ParameterDeclaration]
  private let byName: [String: ParameterDeclaration]
  private let given: [String: ParameterValue]
  private let environment: (String) -> String?
  private let problems: ProblemList
  private var states: [String: State] = [:]

  init(
    _ declarations: [ParameterDeclaration], given: [String: ParameterValue], environment: (String) -> String?,
    problems: ProblemList
  ) {
    self.declarations = declarations
    byName = Dictionary(declarations.map { ($0.name, $0) }) { first, _ in first }
    self.given = given
    // Look up each variable once, so that the non-escaping closure need not be stored.
    var variables: [String: String] = [:]
    for name in declarations.compactMap(\.environment) { variables[name] = environment(name) }
    self.environment = { variables[$0] }
    self.problems = problems
  }

  func resolve() -> ResolvedParameters {
    for (name, value) in given.sorted(by: { $0.key < $1.key }) where byName[name] == nil {
      if let place = value.place {
        problems.report(.unknownFileParameter(name, among: declarations.map(\.name)), at: place)
      } else {
        problems.report(.unknownGivenParameter(name, among: declarations.map(\.name)), at: nil)
      }
    }
    for declaration in declarations { reportUnknownConditions(of: declaration) }
    var resolved = ResolvedParameters(values: [:], names: declarations.map(\.name))
    for declaration in declarations {
      resolved.values[declaration.name] = value(of: declaration, referredFrom: declaration.position)
    }
    for declaration in declarations {
      check(declaration, resolved.values[declaration.name])
      // An invisible character is reported once; clearing the text avoids follow-up errors in everything that uses the
      // value.
      if isUnseen(in: resolved.values[declaration.name], of: declaration) { resolved.values[declaration.name]?.text = nil }
    }
    return resolved
  }

  /// In file order; complete only if there were no problems.
  func parameters(_ resolved: ResolvedParameters) -> [FlowParameter] {
    declarations.compactMap { declaration in
      guard let value = resolved.values[declaration.name], let text = value.text else { return nil }
      return FlowParameter(
        name: declaration.name, value: text, isSensitive: declaration.isSensitive, origin: value.origin,
        help: declaration.help)
    }
  }

  // MARK: Values

  private func value(of declaration: ParameterDeclaration, referredFrom position: SourcePosition)
    -> ResolvedParameters.Value
  {
    switch states[declaration.name] {
    case .resolved(let value): return value
    case .resolving:
      problems.report(.parameterCycle(declaration.name), at: position, subject: declaration.subject)
      return ResolvedParameters.Value(text: nil, isSensitive: declaration.isSensitive, origin: .default)
    case nil: break
    }
    states[declaration.name] = .resolving
    let value = find(declaration)
    states[declaration.name] = .resolved(value)
    return value
  }

  private func find(_ declaration: ParameterDeclaration) -> ResolvedParameters.Value {
    let isSensitive = declaration.isSensitive
    if let given = given[declaration.name] {
      if isSensitive && !given.isFromFile && !given.text.isEmpty {
        problems.report(.sensitiveOnCommandLine(declaration.name), at: nil, subject: declaration.subject)
      }
      if isSensitive && given.isReadableByOthers && !given.text.isEmpty, let place = given.place {
        problems.report(.readableByOthers(place.file ?? "FILE"), at: place)
      }
      return ResolvedParameters.Value(
        text: given.text, isSensitive: isSensitive, origin: given.place == nil ? .given : .file,
        given: given.place ?? GivenPlace(subject: "-p \(declaration.name)"))
    }
    if let variable = declaration.environment, let text = environment(variable), !text.isEmpty {
      return ResolvedParameters.Value(
        text: text, isSensitive: isSensitive, origin: .environment,
        given: GivenPlace(subject: "environment variable \(variable)"), variable: variable)
    }
    guard !declaration.isBroken else {
      return ResolvedParameters.Value(text: nil, isSensitive: isSensitive, origin: .default)
    }
    let alternative = declaration.alternatives.first { holds($0.condition, for: declaration) }?.value
    let chosen = alternative ?? declaration.value
    if chosen == nil, let exemption = declaration.requiredUnless, holds(exemption, for: declaration) {
      return ResolvedParameters.Value(text: "", isSensitive: isSensitive, origin: .default)
    }
    let text = chosen.flatMap { filled($0, of: declaration) }
    if chosen == nil {
      problems.report(
        .parameterNotGiven(declaration.name, environment: declaration.environment, isSensitive: isSensitive),
        at: declaration.position, subject: declaration.subject)
    }
    return ResolvedParameters.Value(
      text: text, isSensitive: isSensitive, origin: .default, written: chosen?.position, isConditional: alternative != nil)
  }

  private func holds(_ condition: ParameterDeclaration.Condition, for declaration: ParameterDeclaration) -> Bool {
    condition.terms.allSatisfy { term in
      guard let other = byName[term.parameter.text] else { return false }
      return value(of: other, referredFrom: term.parameter.position).text == term.value
    }
  }

  /// A default with other parameters substituted; nil if one of them has no value.
  private func filled(_ node: ConfigurationNode, of declaration: ParameterDeclaration) -> String? {
    guard case .scalar(let text) = node.value else { return "" }
    let parts = ParameterText(text)
    for mistake in parts.mistakes {
      problems.report(mistake.finding, at: node.position(ofCharacter: mistake.offset), subject: declaration.subject)
    }
    var values: [String: String] = [:]
    var isWhole = parts.mistakes.isEmpty
    for reference in parts.references where reference.place != .quotedInExpression {
      let position = node.position(ofCharacter: reference.range.lowerBound)
      guard let other = byName[reference.name] else {
        problems.report(
          .unknownParameter(reference.name, among: declarations.map(\.name)), at: position, subject: declaration.subject
        )
        isWhole = false
        continue
      }
      if other.isSensitive && !declaration.isSensitive {
        problems.report(.sensitiveFeedsParameter(reference.name), at: position, subject: declaration.subject)
      }
      values[reference.name] = value(of: other, referredFrom: position).text
      isWhole = isWhole && values[reference.name] != nil
    }
    return isWhole ? parts.filled { values[$0] }.text : nil
  }

  // MARK: Checks

  private func reportUnknownConditions(of declaration: ParameterDeclaration) {
    for term in declaration.conditions.flatMap(\.terms) where byName[term.parameter.text] == nil {
      problems.report(
        .unknownParameter(term.parameter.text, among: declarations.map(\.name)), at: term.parameter.position,
        subject: declaration.subject)
    }
  }

  private func check(_ declaration: ParameterDeclaration, _ value: ResolvedParameters.Value?) {
    guard let value, let text = value.text else { return }
    if text.isEmpty {
      let isFree = declaration.requiredUnless.map { holds($0, for: declaration) } ?? !declaration.isRequired
      if !isFree {
        problems.report(
          .parameterNotGiven(
            declaration.name, environment: declaration.environment, isSensitive: declaration.isSensitive),
          at: declaration.position, subject: declaration.subject)
      }
    } else if !declaration.choices.isEmpty && !declaration.choices.contains(text) {
      let finding = Diagnostic.parameterNoChoice(
        value.isSensitive ? nil : text, isDefault: value.given == nil, among: declaration.choices)
      if let place = value.given {
        problems.report(finding, at: place)
      } else {
        problems.report(finding, at: declaration.position, subject: declaration.subject)
      }
    }
  }

  /// Reports an invisible character in a given value.
  private func isUnseen(in value: ResolvedParameters.Value?, of declaration: ParameterDeclaration) -> Bool {
    guard let value, let place = value.given, let scalars = value.text.map({ Array($0.unicodeScalars) }) else { return false }
    if let character = UnseenCharacter.hidden(in: scalars).first {
      problems.report(.unseenInValue(character, isLast: character.offset == scalars.count - 1), at: place)
      return true
    }
    guard let first = scalars.first, UnseenCharacter.isTypographicQuote(first) else { return false }
    problems.report(.quotedValue(UnseenCharacter(scalar: first, offset: 0)), at: place)
    return true
  }
}

/// The parameters' values, for substitution.
struct ResolvedParameters: Sendable {
  struct Value: Sendable {
    /// nil: no value, which is already reported.
    var text: String?
    var isSensitive: Bool
    var origin: FlowParameter.Origin
    /// Where the value was given; nil for a default.
    var given: GivenPlace?
    /// The environment variable that it comes from.
    var variable: String?
    /// Where the default is written that it comes from.
    var written: SourcePosition?
    /// It is a default under a condition.
    var isConditional = false
  }
  var values: [String: Value]
  /// In file order.
  var names: [String]
}
