import FlowExpression
import Testing

@Suite("A compiled text")
struct ExpressionTests {
  @Test("text without expression is a literal, unescaped")
  func literal() throws {
    #expect(try Expression("a $5 $${x}").literalValue == "a $5 ${x}")
    #expect(try Expression("").isLiteral)
    #expect(try !Expression("${a}").isLiteral)
  }

  @Test("its literal attribute names are known")
  func attributeNames() throws {
    let text =
      "${a:append(${b}):append('${c d}')} ${anyAttribute('e', 'f'):isNull()} ${${'g'}} ${anyMatchingAttribute('h.*'):isNull()}"
    #expect(throws: ExpressionProblem.self) { try Expression(text) }
    let fixed = text.replacing("${c d}", with: "${c}")
    #expect(try Expression(fixed).attributeNames == ["a", "b", "c", "e", "f", "g"])
  }

  @Test("only a boolean true is true")
  func boolean() throws {
    #expect(try Expression("${a:equals('x')}").evaluateBoolean(["a": "x"], environment: .fixed()))
    #expect(try Expression("true").evaluateBoolean([String: String](), environment: .fixed()))
    #expect(try !Expression("${a}").evaluateBoolean(["a": "yes"], environment: .fixed()))
    #expect(try !Expression("${missing}").evaluateBoolean([String: String](), environment: .fixed()))
  }

  @Test("the type of one expression is known at load")
  func resultType() throws {
    #expect(try Expression("${a:length()}").resultType == .wholeNumber)
    #expect(try Expression("${a:length()} ").resultType == nil)
    #expect(try Expression("${a:isNull()}").resultType == .boolean)
  }

  @Test("a missing attribute is not looked up in the environment of the process")
  func noFallback() {
    #expect(value("[${PATH}${HOME}${user.dir}]") == "[]")
  }

  @Test("clock, generators and names come from the environment")
  func environment() {
    #expect(value("${now():format('yyyy-MM-dd HH:mm:ss.SSS', 'UTC')}") == "2026-08-04 10:15:30.123")
    #expect(value("${UUID()} ${random()} ${nextInt()}") == "00000000-0000-4000-8000-000000000000 3 5")
    #expect(value("${hostname()} ${hostname(true)} ${ip()} ${thread()}") == "host host.example.org 192.0.2.1 worker")
    #expect(value("${getStateValue('key')}${getStateValue('other')}") == "kept")
    #expect(value("${now()}", zone: "Europe/Vienna") == "Tue Aug 04 12:15:30 CEST 2026")
    #expect(value("${a:repeat(1, 3)}", ["a": "x"]) == "xx")
  }

  @Test("parameters are replaced inside and outside of expressions")
  func parameters() {
    let parameters = ["p": ExpressionParameter("${a}!"), "q r": ExpressionParameter("Q")]
    #expect(value("#{p} ##{p} ###{p} #x #{q r}", ["a": "A"], parameters: parameters) == "A! #{p} #A! #x Q")
    #expect(value("${#{p}:append(#{'q r'})}", ["a": "A"], parameters: parameters) == "${a}!Q")
  }

  @Test("text with substituted references is not scanned again")
  func references() throws {
    let expression = try Expression("#{p} ${a}", references: .insideExpressions)
    #expect(try expression.evaluate(["a": "A"], environment: .fixed()) == "#{p} A")
  }

  @Test("evaluateELString does not recurse endlessly")
  func reevaluation() {
    #expect(value("${a:evaluateELString()}", ["a": "${a:evaluateELString()}"]).contains("nested more than"))
    #expect(value("${a:evaluateELString()}", ["a": "${b:"]).hasPrefix("${b:"))
    #expect(value("${a:evaluateELString()}", ["a": "${b:nope()}"]).hasPrefix("error:"))
    #expect(value("${a:evaluateELString()}|", ["a": "#{p}"], parameters: ["p": ExpressionParameter("x")]) == "|")
  }
}
