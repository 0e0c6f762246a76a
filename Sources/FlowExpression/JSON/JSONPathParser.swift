import FlowPatterns

/// Parses paths.
struct JSONPathParser {
  private typealias Step = JSONPathQuery.Step

  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var depth = 0

  init(_ text: String) {
    scalars = Array(Text.trimmed(text).unicodeScalars)
  }

  private func mismatch(_ expected: String) -> ExpressionProblem {
    .unsuitable(expected: "a JSON path with \(expected) at character \(position + 1)")
  }

  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func skipBlanks() {
    while next == " " { position += 1 }
  }

  private mutating func skip(_ text: String) -> Bool {
    guard scalars[position...].starts(with: text.unicodeScalars) else { return false }
    position += text.unicodeScalars.count
    return true
  }

  /// Parses the whole text; adds a missing `$.`.
  mutating func parseWhole() throws(ExpressionProblem) -> JSONPathQuery {
    guard !scalars.isEmpty else { throw mismatch("'$' or a name") }
    var steps: [Step] = []
    if next == "$" || next == "@" {
      position += 1
    } else if next != "." && next != "[" {
      steps.append(try step(isDescending: false))
    }
    steps += try self.steps()
    guard position == scalars.count else { throw mismatch("'.', '[' or its end") }
    return JSONPathQuery(steps: steps, isRelative: false)
  }

  private mutating func steps() throws(ExpressionProblem) -> [Step] {
    var steps: [Step] = []
    while let scalar = next, scalar == "." || scalar == "[" {
      if skip("..") {
        steps.append(.descend(next == "[" ? try bracket() : try step(isDescending: true)))
      } else if scalar == "." {
        position += 1
        steps.append(next == "[" ? try bracket() : try step(isDescending: false))
      } else {
        steps.append(try bracket())
      }
    }
    return steps
  }

  /// `name`, `*` or `function()`, after a dot.
  private mutating func step(isDescending: Bool) throws(ExpressionProblem) -> Step {
    if next == "*" {
      position += 1
      return .wildcard
    }
    let name = scalars[position...].prefix { !".[( ".unicodeScalars.contains($0) && !isOperator($0) }
    guard !name.isEmpty else { throw mismatch("the name of a member") }
    let text = String(String.UnicodeScalarView(name))
    position += name.count
    guard next == "(" else { return .member(text) }
    guard let function = JSONPathFunction(rawValue: text), skip("()"), !isDescending else {
      throw mismatch("a function such as length()")
    }
    return .function(function)
  }

  /// Inside a filter, an operator ends a name.
  private func isOperator(_ scalar: Unicode.Scalar) -> Bool {
    depth > 0 && ")=!<>&|,]".unicodeScalars.contains(scalar)
  }

  private mutating func bracket() throws(ExpressionProblem) -> Step {
    position += 1
    skipBlanks()
    let step: Step
    switch next {
    case "*":
      position += 1
      step = .wildcard
    case "'", "\"":
      let names = try list { parser throws(ExpressionProblem) in try parser.quoted() }
      step = names.count == 1 ? .member(names[0]) : .members(names)
    case "?": step = try filter()
    default: step = try indices()
    }
    skipBlanks()
    guard skip("]") else { throw mismatch("']'") }
    return step
  }

  private mutating func list<Element>(
    _ element: (inout JSONPathParser) throws(ExpressionProblem) -> Element
  ) throws(ExpressionProblem) -> [Element] {
    var elements: [Element] = []
    repeat {
      skipBlanks()
      elements.append(try element(&self))
      skipBlanks()
    } while skip(",")
    return elements
  }

  private mutating func quoted() throws(ExpressionProblem) -> String {
    guard let quote = next, quote == "'" || quote == "\"" else { throw mismatch("a quoted text") }
    position += 1
    var text = String.UnicodeScalarView()
    while let scalar = next, scalar != quote {
      position += 1
      if scalar == "\\", let escaped = next {
        text.append(escaped)
        position += 1
      } else {
        text.append(scalar)
      }
    }
    guard next == quote else { throw mismatch("the end of a quoted text") }
    position += 1
    return String(text)
  }

  private mutating func indices() throws(ExpressionProblem) -> Step {
    let first = integer()
    skipBlanks()
    if skip(":") {
      skipBlanks()
      return .slice(first, integer())
    }
    guard let first else { throw mismatch("a number, a quoted name, '*' or '?'") }
    var indices = [first]
    while skip(",") {
      skipBlanks()
      guard let index = integer() else { throw mismatch("a number") }
      indices.append(index)
      skipBlanks()
    }
    return indices.count == 1 ? .index(first) : .indices(indices)
  }

  private mutating func integer() -> Int? {
    let digits = scalars[position...].prefix { ("0"..."9").contains($0) || $0 == "-" }
    guard let value = Int(String(String.UnicodeScalarView(digits))) else { return nil }
    position += digits.count
    return value
  }
}

extension JSONPathParser {
  private mutating func filter() throws(ExpressionProblem) -> Step {
    position += 1
    depth += 1
    defer { depth -= 1 }
    guard depth <= 20 else { throw mismatch("less nesting of filters") }
    skipBlanks()
    guard skip("(") else { throw mismatch("'('") }
    let filter = try disjunction()
    skipBlanks()
    guard skip(")") else { throw mismatch("')'") }
    return .filter(filter)
  }

  private mutating func disjunction() throws(ExpressionProblem) -> JSONFilter {
    var filters = [try conjunction()]
    skipBlanks()
    while skip("||") {
      filters.append(try conjunction())
      skipBlanks()
    }
    return filters.count == 1 ? filters[0] : .any(filters)
  }

  private mutating func conjunction() throws(ExpressionProblem) -> JSONFilter {
    var filters = [try condition()]
    skipBlanks()
    while skip("&&") {
      filters.append(try condition())
      skipBlanks()
    }
    return filters.count == 1 ? filters[0] : .all(filters)
  }

  private mutating func condition() throws(ExpressionProblem) -> JSONFilter {
    skipBlanks()
    depth += 1
    defer { depth -= 1 }
    guard depth <= 60 else { throw mismatch("less nesting of conditions") }
    if next == "!", position + 1 < scalars.count, scalars[position + 1] != "=" {
      position += 1
      return .not(try condition())
    }
    if next == "(" {
      position += 1
      let filter = try disjunction()
      skipBlanks()
      guard skip(")") else { throw mismatch("')'") }
      return filter
    }
    let left = try operand()
    skipBlanks()
    guard let comparison = try comparison() else { return .exists(left) }
    skipBlanks()
    return .comparison(left, comparison, try operand())
  }

  private mutating func comparison() throws(ExpressionProblem) -> JSONFilter.Comparison? {
    for symbol in ["==", "!=", "<=", ">=", "=~", "<", ">"] where skip(symbol) {
      return JSONFilter.Comparison(rawValue: symbol)
    }
    let word = scalars[position...].prefix { ("a"..."z").contains($0) || ("A"..."Z").contains($0) }
    guard !word.isEmpty else { return nil }
    guard let comparison = JSONFilter.Comparison(rawValue: String(String.UnicodeScalarView(word)).lowercased()) else {
      throw mismatch("a comparison such as == or in")
    }
    position += word.count
    return comparison
  }

  private mutating func operand() throws(ExpressionProblem) -> JSONFilter.Operand {
    switch next {
    case "@", "$":
      let isRelative = next == "@"
      position += 1
      return .path(JSONPathQuery(steps: try steps(), isRelative: isRelative))
    case "'", "\"": return .value(.string(try quoted()))
    case "/": return .pattern(try pattern())
    case "[":
      position += 1
      let values = try list { parser throws(ExpressionProblem) in try parser.scalar() }
      guard skip("]") else { throw mismatch("']'") }
      return .value(.array(values))
    default: return .value(try scalar())
    }
  }

  private mutating func scalar() throws(ExpressionProblem) -> JSONValue {
    if next == "'" || next == "\"" { return .string(try quoted()) }
    let word = scalars[position...].prefix { !" ,)]&|".unicodeScalars.contains($0) }
    let text = String(String.UnicodeScalarView(word))
    do {
      let value = try JSONReader.read(text, whole: true)
      guard value.isScalar else { throw mismatch("a value") }
      position += word.count
      return value
    } catch { throw mismatch("a value") }
  }

  /// `/pattern/flags`
  private mutating func pattern() throws(ExpressionProblem) -> JavaPattern {
    position += 1
    var text = ""
    while let scalar = next, scalar != "/" {
      position += 1
      if scalar == "\\", next == "/" {
        text += "/"
        position += 1
      } else {
        text.unicodeScalars.append(scalar)
        if scalar == "\\", let escaped = next {
          text.unicodeScalars.append(escaped)
          position += 1
        }
      }
    }
    guard skip("/") else { throw mismatch("'/' after the regular expression") }
    let flags = scalars[position...].prefix { "idmsuxU".unicodeScalars.contains($0) }
    position += flags.count
    return try JavaPattern(argument: flags.isEmpty ? text : "(?\(String(String.UnicodeScalarView(flags))))" + text)
  }
}
