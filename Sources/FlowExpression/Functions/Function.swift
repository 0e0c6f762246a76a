/// A function of the Expression Language, declared once for the compiler, messages, the documentation page and its
/// tests.
struct Function: Sendable {
  /// The headings of the documentation page, in order.
  enum Family: String, CaseIterable, Sendable {
    case selection = "Several attributes at once"
    case reduction = "Combining several values"
    case boolean = "Conditions"
    case text = "Text"
    case search = "Search and replace"
    case lists = "Delimited lists"
    case numbers = "Numbers"
    case dates = "Dates"
    case instants = "Instants"
    case json = "JSON"
    case encoding = "Encoding and escaping"
    case hashing = "Hashes and UUIDs"
    case system = "Values without a subject"
  }

  /// Whether the function is called on a value.
  enum Subject: Sendable { case required, none, either }

  /// An expression and its result, which a test verifies.
  struct Example: Sendable {
    let expression: String
    let attributes: [String: String]
    let result: String

    init(_ expression: String, _ attributes: [String: String] = [:], gives result: String) {
      self.expression = expression
      self.attributes = attributes
      self.result = result
    }
  }

  /// An argument in the function's signature.
  struct Parameter: Sendable {
    let name: String
    let isOptional: Bool
    let isRepeated: Bool
  }

  let name: String
  let parameters: [Parameter]
  let family: Family
  let subject: Subject
  let meaning: String
  let example: Example
  let build: @Sendable (CallSite) throws(ExpressionProblem) -> Operand

  /// - Parameter signature: `name(first, optional?, repeated…)`.
  init(
    _ signature: String, _ family: Family, subject: Subject = .required, _ meaning: String, _ example: Example,
    build: @escaping @Sendable (CallSite) throws(ExpressionProblem) -> Operand
  ) {
    let parts = signature.split(whereSeparator: { "(,) ".contains($0) }).map(String.init)
    name = parts[0]
    parameters = parts.dropFirst().map { part in
      Parameter(
        name: part.filter { $0 != "?" && $0 != "…" }, isOptional: part.hasSuffix("?"), isRepeated: part.hasSuffix("…"))
    }
    self.family = family
    self.subject = subject
    self.meaning = meaning
    self.example = example
    self.build = build
  }

  /// `name(first, optional?, repeated…)`
  var signature: String {
    let shown = parameters.map { $0.name + ($0.isOptional ? "?" : "") + ($0.isRepeated ? "…" : "") }
    return "\(name)(\(shown.joined(separator: ", ")))"
  }

  /// Whether its arguments are attribute names.
  var namesAttributes: Bool { family == .selection && parameters[0].name == "name" }

  private var minimumCount: Int { parameters.filter { !$0.isOptional }.count }
  private var maximumCount: Int { parameters.contains(where: \.isRepeated) ? .max : parameters.count }

  /// Compiles a call.
  func apply(
    to subject: Operand?, arguments: [CallSite.Argument], at offset: Int
  ) throws(ExpressionProblem) -> Operand {
    guard (minimumCount...maximumCount).contains(arguments.count) else {
      let found = arguments.count == 1 ? "1 argument" : "\(arguments.count) arguments"
      throw ExpressionProblem(.argument, offset: offset, found: "'\(name)' with \(found)", expected: signature)
    }
    let site = CallSite(
      name: name, offset: offset, hasSubject: subject != nil, subject: subject ?? .text { _ in nil },
      arguments: arguments)
    var result = try build(site)
    if let selection = subject?.selection { result.selection = selection }
    return result
  }
}
