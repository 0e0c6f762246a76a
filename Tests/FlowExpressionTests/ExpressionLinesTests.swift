import FlowExpression
import Testing

@Suite("Lines of expressions")
struct ExpressionLinesTests {
  @Test(
    "each input line has one output line",
    arguments: [
      (#"{"expression":"${a:toUpper()}","attributes":{"a":"x\"é\n"}}"#, #"{"value":"X\"É\n"}"#),
      (#"{"expression":"${#{p}} #{p}","parameters":{"p":"v"}}"#, #"{"value":"v v"}"#),
      (#"{"expression":"${now():format('HH')}","tz":"Asia/Tokyo"}"#, #"{"value":"19"}"#),
      (#"{"expression":"${getStateValue('k')}","state":{"k":"s"}}"#, #"{"value":"s"}"#),
      (#"{"expression":"${a:plus(1)}","attributes":{"a":2}}"#, #"{"value":"3"}"#),
      (#"{"expression":"${a","attributes":null}"#, #"{"value":"${a"}"#),
      (
        #"{"expression":"${a:toUper()}"}"#,
        #"{"error":"character 5: found the unknown function 'toUper'; expected a function of the Expression Language; did you mean 'toUpper'?","phase":"compile"}"#
      ),
      (#"{"expression":"${a:not()}"}"#, #"{"error":"'not' has no condition to negate","phase":"evaluate"}"#),
      (
        #"{"expression":"${#{p}}","parameters":{"p":{"value":"s3cr3t","sensitive":true}}}"#,
        #"{"error":"character 3: found the sensitive parameter 'p'; expected a parameter that is not sensitive; a sensitive value would appear in FlowFiles","phase":"compile"}"#
      ),
      ("nonsense", #"{"error":"found invalid JSON; expected 'null' at byte 0","phase":"compile"}"#),
      ("{}", #"{"error":"found no \"expression\"; expected a JSON object that has one","phase":"compile"}"#),
    ])
  func answers(line: String, answer: String) {
    var lines = ExpressionLines(environment: .fixed())
    #expect(lines.answer(line) == answer)
    #expect(lines.answer(line) == answer, "and again, from what was compiled")
  }

  @Test("texts that are only canonically equivalent are different expressions")
  func bytewise() {
    var lines = ExpressionLines(environment: .fixed())
    #expect(lines.answer("{\"expression\":\"é${a}\"}") == "{\"value\":\"é\"}")
    let decomposed = lines.answer("{\"expression\":\"e\u{301}${a}\"}")
    #expect(Array(decomposed.utf8) == Array("{\"value\":\"e\u{301}\"}".utf8))
  }
}
