import FlowCore

/// A minimal expression compiler for the loader: `${name}` and `${#{parameter}}`, with mistakes at their exact
/// places.
struct TestExpressions: ExpressionCompiler {
  let parameters: [FlowParameter]

  func compile(_ text: String) throws -> any AttributeExpression {
    let scalars = Array(text.unicodeScalars)
    var names: Set<String> = []
    var offset = 0
    while let open = scalars[offset...].firstRange(of: "${".unicodeScalars)?.lowerBound {
      guard let close = scalars[open...].firstIndex(of: "}") else {
        throw Diagnostic(.expressionNotClosed, at: Diagnostic.Place(offset: open), found: "'${' is not closed", expected: "'}'")
      }
      let name = String(String.UnicodeScalarView(scalars[(open + 2)..<close]))
      if let space = name.unicodeScalars.firstIndex(of: " ") {
        let place = name.unicodeScalars.distance(from: name.unicodeScalars.startIndex, to: space)
        throw Diagnostic(
          .expressionSyntax, at: Diagnostic.Place(offset: open + 2 + place), found: "a space", expected: "':' or '}'", hint: "put names with spaces in quotes")
      }
      names.insert(name)
      offset = close + 1
    }
    return Compiled(text: text, attributeNames: names, parameters: parameters)
  }

  struct Compiled: AttributeExpression {
    let text: String
    let attributeNames: Set<String>
    let parameters: [FlowParameter]
    func evaluate(_ flowFile: FlowFile) throws -> String {
      parameters.reduce(text) { text, parameter in text.replacing("${#{\(parameter.name)}}", with: parameter.value) }
    }
    func isTrue(for flowFile: FlowFile) throws -> Bool { try evaluate(flowFile) == "true" }
    var literal: String? { attributeNames.isEmpty ? text : nil }
  }
}
