import FlowCore
import FlowExpression

/// NiFi's parameter contexts as the parameters of one flow file.
///
/// Each group sees its own context and those that it inherits from. Two contexts may have the same name for different
/// values; the second one then gets its context's name in front.
struct ParameterBook {
  /// A parameter of the flow file.
  struct Declaration: Equatable {
    var name: String
    var value: String?
    var help: String
    var isSensitive: Bool
    /// The environment variable of a sensitive one.
    var environment: String?
  }

  /// In the order in which they are first used.
  private(set) var declarations: [Declaration] = []
  /// Names of contexts that a group has.
  private(set) var usedContexts: Set<String> = []
  /// What expressions may refer to.
  private(set) var expressionParameters: [String: ExpressionParameter] = [:]
  private let contexts: [String: NiFiContext]
  /// The parameters of each context's own, by name.
  private let own: [String: [String: NiFiParameter]]
  /// The contexts in which a context's parameters are looked for, itself first.
  private var orders: [String: [String]] = [:]
  /// The flow's name for a context's parameter.
  private var names: [Origin: String] = [:]
  private var taken: Set<String> = []
  private var environments: Set<String> = []
  /// The number to try next, by name.
  private var numbers: [String: Int] = [:]

  private struct Origin: Hashable {
    /// A context's name, or a group's identifier.
    var context: String
    var name: String
    /// Of a variable: copies of a group have the same identifier, and may have other values.
    var value: String?
    var isVariable = false
  }

  init(_ contexts: [NiFiContext]) {
    self.contexts = Dictionary(contexts.map { ($0.name, $0) }) { first, _ in first }
    own = self.contexts.mapValues { context in Dictionary(context.parameters.map { ($0.name, $0) }) { first, _ in first } }
  }

  /// A text with its references under the flow's names. References to parameters that the context lacks stay as they are.
  /// - Parameter missing: gets the names that are not there.
  mutating func rewritten(_ text: String, context: String?, missing: inout [String]) -> String {
    guard text.contains("#{") else { return text }
    var rewritten = ""
    var rest = text[...]
    while let sign = rest.firstIndex(of: "#") {
      rewritten += rest[..<sign]
      let signs = rest[sign...].prefix { $0 == "#" }
      let after = rest[signs.endIndex...]
      guard after.first == "{", signs.count % 2 == 1 else {
        rewritten += signs
        rest = after
        continue
      }
      // Without an end, nothing behind it has one: NiFi takes it as a text.
      guard let close = after.firstIndex(of: "}") else { return rewritten + ProcessorConversion.withoutReferences(String(rest[sign...])) }
      let name = Secrets.shown(Self.unquoted(after[after.index(after: after.startIndex)..<close]))
      if let known = self.name(of: name, context: context) {
        rewritten += signs + "{" + known + "}"
      } else {
        missing.append(name)
        rewritten += signs + after[...close]
      }
      rest = after[after.index(after: close)...]
    }
    return rewritten + rest
  }

  private static func unquoted(_ text: Substring) -> String {
    let trimmed = text.drop { $0 == " " }
    var name = String(trimmed)
    while name.hasSuffix(" ") { name.removeLast() }
    for quote in ["'", "\""] where name.count >= 2 && name.hasPrefix(quote) && name.hasSuffix(quote) { name = String(name.dropFirst().dropLast()) }
    return name
  }

  /// The flow's name of a parameter that a group's context has; nil: it has none of that name.
  private mutating func name(of name: String, context: String?) -> String? {
    guard let context, let (owner, parameter) = found(name, from: context) else { return nil }
    let origin = Origin(context: owner, name: name)
    if let known = names[origin] { return known }
    var free = Self.plain(name)
    if taken.contains(free) { free = Self.plain(owner + "." + name) }
    free = unused(free, among: \.taken, " ")
    names[origin] = free
    append(free, value: parameter.value, help: parameter.description, isSensitive: parameter.isSensitive)
    return free
  }

  /// The flow's name of the parameter that a variable became.
  /// - Parameter variable: nil: it is not in the file, so that a value has to be given.
  mutating func name(ofVariable name: String, _ variable: VariableReferences.Variable?) -> String {
    let origin = Origin(context: variable?.group ?? "", name: name, value: variable?.value, isVariable: true)
    if let known = names[origin] { return known }
    // NiFi has no sensitive variables, so that people put passwords into others.
    let isSecret = Secrets.isSecret(name, variable?.value)
    let free = declare(name, value: isSecret ? nil : variable?.value, help: "", isSensitive: isSecret)
    names[origin] = free
    return free
  }

  /// Whether a processor that was converted refers to a group's variable.
  func uses(_ variable: NiFiProperty, of group: String) -> Bool {
    names[Origin(context: group, name: variable.name, value: variable.value, isVariable: true)] != nil
  }

  /// A parameter of flowrun's own making.
  /// - Returns: its name, which may differ from the wanted one.
  mutating func declare(_ wanted: String, value: String?, help: String, isSensitive: Bool) -> String {
    let name = unused(Self.plain(wanted), among: \.taken, " ")
    append(name, value: value, help: help, isSensitive: isSensitive)
    return name
  }

  private mutating func append(_ name: String, value: String?, help: String, isSensitive: Bool) {
    declarations.append(Declaration(name: name, value: value, help: help, isSensitive: isSensitive, environment: isSensitive ? environment(for: name) : nil))
    expressionParameters[name] = ExpressionParameter(value ?? "", isSensitive: isSensitive)
  }

  /// With a word in front: `user` and `path` would be variables that every machine has, with other values.
  private mutating func environment(for name: String) -> String {
    let letters = name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
    return unused("FLOW_" + String(letters), among: \.environments, "_")
  }

  /// A name that no other has, with a number behind it if need be.
  private mutating func unused(_ wanted: String, among used: WritableKeyPath<ParameterBook, Set<String>>, _ separator: String) -> String {
    var free = wanted
    var number = numbers[wanted + separator] ?? 2
    while !self[keyPath: used].insert(free).inserted {
      free = "\(wanted)\(separator)\(number)"
      number += 1
    }
    numbers[wanted + separator] = number
    return free
  }

  /// Letters, digits, spaces, `.`, `_` and `-`.
  private static func plain(_ name: String) -> String {
    var plain = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || " ._-".contains($0)) ? $0 : "_" }.prefix(100))
    while plain.hasPrefix(" ") { plain.removeFirst() }
    while plain.hasSuffix(" ") { plain.removeLast() }
    return plain.isEmpty ? "parameter" : plain
  }

  /// A parameter that a context has or inherits, and the context that defines it: its own first, then those of the first context that has it.
  private mutating func found(_ name: String, from context: String) -> (context: String, parameter: NiFiParameter)? {
    for next in order(context) {
      if let parameter = own[next]?[name] { return (next, parameter) }
    }
    return nil
  }

  private mutating func order(_ context: String) -> [String] {
    if let known = orders[context] { return known }
    usedContexts.insert(context)
    var steps = 0
    let order = Self.order(context, contexts, limit: ImportLimits.inheritedContexts, steps: &steps)
    usedContexts.formUnion(order)
    orders[context] = order
    return order
  }

  /// The contexts that a context has parameters of, in the order in which they are asked: itself, then depth first in the order of the lists. One
  /// that inherits from itself is there once.
  /// - Parameters:
  ///   - limit: the order ends with so many.
  ///   - steps: grows by the entries of the lists.
  static func order(_ context: String, _ contexts: [String: NiFiContext], limit: Int, steps: inout Int) -> [String] {
    var order: [String] = []
    var seen: Set<String> = []
    var waiting = [context]
    while let name = waiting.popLast(), order.count < limit {
      guard seen.insert(name).inserted, let next = contexts[name] else { continue }
      order.append(name)
      waiting += next.inherited.reversed()
      steps += 1 + next.inherited.count
    }
    return order
  }
}
