import FlowBase

/// Compiles text to computations.
struct Compiler {
  /// The result of compiling a whole text.
  struct Template {
    let pieces: [Expression.Piece]
    let resultType: ExpressionResultType?
  }

  private let parameters: ParameterReferences
  /// The attributes named literally so far.
  private(set) var attributeNames: Set<String> = []
  /// The places that name an attribute.
  private(set) var references: [AttributeReference] = []
  private var nesting = 0

  /// Functions that have a result for a missing subject.
  private static let guards: Set<String> = ["isEmpty", "isNull", "notNull", "replaceEmpty", "replaceNull"]

  init(parameters: [String: ExpressionParameter], references: ExpressionParameter.Scope) {
    self.parameters = ParameterReferences(parameters: parameters, scope: references)
  }

  /// Compiles the text of a property.
  mutating func template(_ text: PlacedText) throws(ExpressionProblem) -> Template {
    let source = try parameters.resolvingOutside(text)
    let ranges = ExpressionRanges.expressions(in: source)
    guard !ranges.isEmpty else {
      let literal = Compiler.unescapingLiteral(source)
      return Template(pieces: literal.isEmpty ? [] : [.literal(literal)], resultType: nil)
    }
    var pieces: [Expression.Piece] = []
    var types: [ExpressionResultType] = []
    var position = 0
    for range in ranges {
      let operand = try expression(source[range])
      if position < range.lowerBound {
        var literal = DollarEscapes.leading(source[position..<range.lowerBound])
        if operand.isAttribute { literal = DollarEscapes.trailing(literal, unlessAll: true) }
        pieces.append(.literal(literal.text))
      }
      pieces.append(Compiler.piece(operand))
      types.append(operand.type)
      position = range.upperBound
    }
    if position < source.count { pieces.append(.literal(DollarEscapes.leading(source[position..<source.count]).text)) }
    return Template(pieces: pieces, resultType: pieces.count == 1 ? types[0] : nil)
  }

  private static func piece(_ operand: Operand) -> Expression.Piece {
    if let name = operand.attributeName { return .attribute(name) }
    return .computed(operand.text)
  }

  /// Text without expressions; `$$` is only unescaped before an escaped expression.
  private static func unescapingLiteral(_ source: PlacedText) -> String {
    let escaped = ExpressionRanges.escaped(in: source)
    guard !escaped.isEmpty else { return source.text }
    var result = ""
    var position = 0
    for range in escaped {
      result += DollarEscapes.leading(source[position..<range.lowerBound]).text
      result += DollarEscapes.leading(source[range]).text
      position = range.upperBound
    }
    return result + DollarEscapes.leading(source[position..<source.count]).text
  }

  /// Compiles a single `${…}` that spans the whole text.
  private mutating func expression(_ source: PlacedText) throws(ExpressionProblem) -> Operand {
    var tokens = try TokenStream(source)
    let operand = try nested(&tokens)
    try tokens.expectEnd()
    return operand
  }

  /// Compiles a quoted text, which may contain expressions.
  mutating func quoted(_ source: PlacedText) throws(ExpressionProblem) -> Operand {
    if source.count < 2 { return .literal(source.text) }
    let ranges = ExpressionRanges.expressions(in: source)
    guard !ranges.isEmpty else { return .literal(Compiler.unescapingQuoted(source)) }
    var parts: [Operand] = []
    var position = 0
    for range in ranges {
      let operand = try expression(source[range])
      if position < range.lowerBound {
        var literal = source[position..<range.lowerBound]
        if operand.isAttribute { literal = DollarEscapes.trailing(literal, unlessAll: false) }
        parts.append(.literal(Compiler.unescapingQuoted(literal)))
      }
      parts.append(operand)
      position = range.upperBound
    }
    if position < source.count { parts.append(.literal(Compiler.unescapingQuoted(source[position..<source.count]))) }
    return Compiler.joined(parts)
  }

  private static func unescapingQuoted(_ source: PlacedText) -> String {
    var result = ""
    var position = 0
    for range in ExpressionRanges.escaped(in: source) {
      result += source.string(position..<range.lowerBound) + DollarEscapes.escaped(source[range]).text
      position = range.upperBound
    }
    return result + source.string(position..<source.count)
  }

  private static func joined(_ parts: [Operand]) -> Operand {
    let texts = parts.map(\.text)
    if texts.count == 1 { return .text(texts[0]) }
    return .text { e throws(EvaluationError) in
      var result = ""
      for text in texts { if let value = try text(e) { result += value } }
      return result
    }
  }
}

extension Compiler {
  /// `${subject:function(…):function(…)}`
  mutating func nested(_ tokens: inout TokenStream) throws(ExpressionProblem) -> Operand {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Limit.nesting else {
      throw ExpressionProblem(
        offset: tokens.current.offset, found: "an expression \(nesting) levels deep",
        expected: "at most \(Limit.nesting)")
    }
    try tokens.expect(.dollar, "'${'")
    try tokens.expect(.leftBrace, "'{'")
    var operand = try subject(&tokens)
    // The subject's own reference was added last, after those inside it.
    let own = operand.attributeName == nil ? nil : references.indices.last
    while tokens.isAt(.colon) {
      try tokens.advance()
      if let own, case .name(let name) = tokens.current.kind, Compiler.guards.contains(name) { references[own].isGuarded = true }
      operand = try call(on: operand, &tokens)
    }
    let closing = tokens.current
    try tokens.expect(.rightBrace, "':' and a function, or '}'")
    return try SelectionEnd.close(operand, at: closing.offset)
  }

  private mutating func subject(_ tokens: inout TokenStream) throws(ExpressionProblem) -> Operand {
    let token = tokens.current
    switch token.kind {
    case .dollar: return attribute(named: try nested(&tokens), at: token.offset)
    case .quoted(let source):
      try tokens.advance()
      return attribute(named: try quoted(source), at: token.offset)
    case .parameter(let name):
      try tokens.advance()
      return try parameter(name, at: token.offset)
    case .name(let name):
      try tokens.advance()
      if tokens.isAt(.leftParenthesis) { return try standalone(name, at: token.offset, &tokens) }
      if let problem = FunctionTable.reservedNameProblem(name, at: token.offset) { throw problem }
      return attribute(named: .literal(name), at: token.offset)
    default:
      throw tokens.problem(expected: "an attribute or a function without subject")
    }
  }

  private mutating func attribute(named name: Operand, at offset: Int) -> Operand {
    var operand: Operand
    if let literal = name.literal {
      attributeNames.insert(literal)
      references.append(AttributeReference(name: literal, offset: offset))
      operand = .text { $0.attributes[literal] }
      operand.attributeName = literal
    } else {
      let text = name.text
      operand = .text { e throws(EvaluationError) in try text(e).flatMap { e.attributes[$0] } }
    }
    operand.isAttribute = true
    return operand
  }

  private func parameter(_ name: String, at offset: Int) throws(ExpressionProblem) -> Operand {
    guard let value = try parameters.value(name, at: offset) else { return .text { _ in nil } }
    return .literal(value)
  }

  private mutating func standalone(
    _ name: String, at offset: Int, _ tokens: inout TokenStream
  ) throws(ExpressionProblem) -> Operand {
    let arguments = try arguments(&tokens)
    let function = try FunctionTable.function(name, hasSubject: false, at: offset)
    if function.namesAttributes { attributeNames.formUnion(arguments.compactMap(\.operand.literal)) }
    return try function.apply(to: nil, arguments: arguments, at: offset)
  }

  private mutating func call(on subject: Operand, _ tokens: inout TokenStream) throws(ExpressionProblem) -> Operand {
    let token = tokens.current
    guard case .name(let name) = token.kind else { throw tokens.problem(expected: "the name of a function") }
    try tokens.advance()
    guard tokens.isAt(.leftParenthesis) else {
      let hint = FunctionTable.functions[name] == nil ? NearestName.suggestion(for: name, among: FunctionTable.names) : nil
      throw tokens.problem(expected: "'(' after the function '\(name)'", hint: hint)
    }
    let function = try FunctionTable.function(name, hasSubject: true, at: token.offset)
    let arguments = try arguments(&tokens)
    if subject.reduction != nil {
      throw ExpressionProblem(
        offset: token.offset, found: "'\(name)' after 'count' or 'join'", expected: "'}'",
        hint: "write ${literal( ${…} ):\(name)(…)}")
    }
    return try function.apply(to: subject, arguments: arguments, at: token.offset)
  }

  private mutating func arguments(_ tokens: inout TokenStream) throws(ExpressionProblem) -> [CallSite.Argument] {
    try tokens.expect(.leftParenthesis, "'('")
    var arguments: [CallSite.Argument] = []
    if tokens.isAt(.rightParenthesis) {
      try tokens.advance()
      return arguments
    }
    while true {
      let offset = tokens.current.offset
      arguments.append(CallSite.Argument(operand: try argument(&tokens), offset: offset))
      if tokens.isAt(.comma) {
        try tokens.advance()
      } else {
        try tokens.expect(.rightParenthesis, "',' or ')'")
        return arguments
      }
    }
  }

  private mutating func argument(_ tokens: inout TokenStream) throws(ExpressionProblem) -> Operand {
    let token = tokens.current
    switch token.kind {
    case .dollar: return try nested(&tokens)
    case .quoted(let source):
      try tokens.advance()
      return try quoted(source)
    case .parameter(let name):
      try tokens.advance()
      return try parameter(name, at: token.offset)
    case .whole(let digits):
      guard let value = Int64(digits) else { throw tokens.problem(expected: "a number of 64 bits") }
      try tokens.advance()
      return .whole { _ in value }
    case .decimal(let digits):
      guard let value = Double(Compiler.complete(digits)) else { throw tokens.problem(expected: "a number") }
      try tokens.advance()
      return .decimal { _ in value }
    case .name("true"), .name("false"):
      try tokens.advance()
      let value = token.spelling == "true"
      return .boolean { _ in value }
    case .name("null"):
      try tokens.advance()
      return .text { _ in nil }
    case .name(let name):
      throw tokens.problem(
        expected: "a quoted text, a number, true, false or ${…}", hint: "write '\(name)' or ${\(name)}")
    default: throw tokens.problem(expected: "a quoted text, a number, true, false or ${…}")
    }
  }

  /// Completes `5.` and `.5` with the digit that Swift requires.
  private static func complete(_ digits: String) -> String {
    digits.replacing(".e", with: ".0e").replacing(".E", with: ".0E")
  }
}
