import FlowExpression
import Testing

@Suite("Problems at load")
struct ProblemTests {
  static let rows: [(String, Int, String)] = [
    (
      "${a:toUper()}", 4,
      "found the unknown function 'toUper'; expected a function of the Expression Language; did you mean 'toUpper'?"
    ),
    (
      "héllo ${a:toUper()}", 10,
      "found the unknown function 'toUper'; expected a function of the Expression Language; did you mean 'toUpper'?"
    ),
    ("${a:append()}", 4, "found 'append' with 0 arguments; expected append(text)"),
    ("${a:substring(1, 2, 3)}", 4, "found 'substring' with 3 arguments; expected substring(start, end?)"),
    ("${a:append(b)}", 11, "found 'b'; expected a quoted text, a number, true, false or ${…}; write 'b' or ${b}"),
    ("${a:matches('(')}", 12, "found '('; expected a regular expression"),
    ("${a:format('qqqqqq')}", 11, "found 'qqqqqq'; expected a date pattern with at most 5 'q' in a row"),
    (
      "${a:format('yyyy', 'Europe/Vienn')}", 19,
      "found 'Europe/Vienn'; expected a time zone such as Europe/Vienna, UTC or +02:00; did you mean 'Europe/Vienna'?"
    ),
    ("${a:length():and(true)}", 13, "found a value of type whole_number; expected a boolean for 'and'"),
    ("${a b}", 4, "found 'b'; expected ':' and a function, or '}'"),
    ("${a:}", 4, "found '}'; expected the name of a function"),
    ("${}", 2, "found '}'; expected an attribute or a function without subject"),
    (
      "${a/b}", 3,
      "found '/'; expected an attribute, a function or '}'; put a name with this character in quotes"
    ),
    (
      "${count}", 2,
      "found the keyword 'count' of the Expression Language; expected an attribute; write ${'count'} for the attribute or ${count(…)} for the function"
    ),
    (
      "${toUpper()}", 2,
      "found 'toUpper' without a subject; expected an attribute before it; write ${attribute:toUpper()}"
    ),
    ("${a:now()}", 4, "found 'now' on a value; expected a function that takes a subject; write ${now()}"),
    (
      "${a:join(','):toUpper()}", 14,
      "found 'toUpper' after 'count' or 'join'; expected '}'; write ${literal( ${…} ):toUpper(…)}"
    ),
    (
      "${allAttributes('a')}", 20,
      "found the end of 'allAttributes' with a value of type string; expected a condition, 'count' or 'join'; combine the values with a function that returns one"
    ),
    ("${a:equals('x\ny')}", 13, "found a line break or tab inside a quoted text; expected \\n, \\r or \\t in its place"),
    (
      "${a:equals('it is ${b:toUper()}')}", 22,
      "found the unknown function 'toUper'; expected a function of the Expression Language; did you mean 'toUpper'?"
    ),
    (
      "${#{tokn}}", 2,
      "found the unknown parameter 'tokn'; expected a declared parameter; did you mean 'token'?"
    ),
    (
      "x #{secret}", 2,
      "found the sensitive parameter 'secret'; expected a parameter that is not sensitive; a sensitive value would appear in FlowFiles"
    ),
    (
      "${#{secret}:length()}", 2,
      "found the sensitive parameter 'secret'; expected a parameter that is not sensitive; a sensitive value would appear in FlowFiles"
    ),
  ]

  @Test("a problem states position, finding and expectation", arguments: rows)
  func problem(text: String, offset: Int, message: String) {
    let parameters = ["token": ExpressionParameter("t"), "secret": ExpressionParameter("s3cr3t", isSensitive: true)]
    let problem = #expect(throws: ExpressionProblem.self) { try Expression(text, parameters: parameters) }
    #expect(problem?.offset == offset)
    #expect(problem?.description == message)
  }

  @Test("a sensitive value does not reach any message")
  func secret() {
    let parameters = ["secret": ExpressionParameter("s3cr3t", isSensitive: true)]
    for text in ["#{secret}", "${#{secret}}", "${a:append(#{secret})}", "${'#{secret}'}", "${a:append('#{secret}')}"] {
      #expect(!value(text, parameters: parameters).contains("s3cr3t"))
    }
  }

  @Test("nesting is limited before the stack overflows")
  func nesting() {
    let deep = String(repeating: "${", count: 5000) + "a" + String(repeating: "}", count: 5000)
    #expect(value(deep).contains("levels deep"))
  }
}
