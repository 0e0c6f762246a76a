extension DiagnosticGroup {
  /// The Expression Language.
  package static let expressions = DiagnosticGroup(
    "Expressions",
    [
      .expressionNotClosed, .expressionSyntax, .unknownFunction, .unsuitableArgument, .sensitiveExpression,
    ])
}

extension DiagnosticCode {
  package static let expressionNotClosed = DiagnosticCode(
    "E0601", "An expression is not closed",
    "`${` begins an expression and `}` ends it. For the text `${` write `$${`.",
    mistake: "path: \"${date/data.json\"", fix: "path: \"${date}/data.json\"")
  package static let expressionSyntax = DiagnosticCode(
    "E0602", "The expression is not well formed",
    "An expression is an attribute, or a function, followed by functions after colons. The position is that of the first character that "
      + "does not fit.",
    mistake: "value: \"${name:}\"", fix: "value: \"${name:toUpper()}\"")
  package static let unknownFunction = DiagnosticCode(
    "E0603", "Unknown function",
    "The page on expressions lists all functions.",
    mistake: "value: \"${name:toUper()}\"", fix: "value: \"${name:toUpper()}\"")
  package static let unsuitableArgument = DiagnosticCode(
    "E0604", "Unsuitable argument",
    "The number or type of the arguments, or the subject before the colon, is wrong for the function.",
    mistake: "value: \"${name:toUpper('de')}\"", fix: "value: \"${name:toUpper()}\"")
  package static let sensitiveExpression = DiagnosticCode(
    "E0605", "A sensitive value is not a valid expression",
    "The value of a sensitive parameter holds `${` but is not a valid expression. The message does not show the value.",
    mistake: "client_secret: \"#{secret}\"   # the secret is a${b", fix: "client_secret: \"#{secret}\"   # the secret is a$${b")
}
