/// The token stream of one expression, with one token of lookahead.
struct TokenStream {
  private var lexer: Lexer
  private(set) var current: Token

  init(_ source: PlacedText) throws(ExpressionProblem) {
    lexer = Lexer(source)
    current = try lexer.next()
  }

  /// The token kinds without a value.
  enum Mark { case dollar, leftBrace, rightBrace, leftParenthesis, rightParenthesis, colon, comma, end }

  func isAt(_ mark: Mark) -> Bool {
    switch (current.kind, mark) {
    case (.dollar, .dollar), (.leftBrace, .leftBrace), (.rightBrace, .rightBrace),
      (.leftParenthesis, .leftParenthesis), (.rightParenthesis, .rightParenthesis), (.colon, .colon),
      (.comma, .comma), (.end, .end):
      true
    default: false
    }
  }

  mutating func advance() throws(ExpressionProblem) {
    current = try lexer.next()
  }

  mutating func expect(_ mark: Mark, _ expected: String) throws(ExpressionProblem) {
    guard isAt(mark) else { throw problem(expected: expected) }
    try advance()
  }

  func expectEnd() throws(ExpressionProblem) {
    guard isAt(.end) else { throw problem(expected: "the end of the expression") }
  }

  /// A problem at the current token.
  func problem(expected: String, hint: String? = nil) -> ExpressionProblem {
    let found = isAt(.end) ? "the end of the expression" : "'\(current.spelling)'"
    return ExpressionProblem(offset: current.offset, found: found, expected: expected, hint: hint)
  }
}
