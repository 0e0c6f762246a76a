import FlowCore
import FlowDefinition
import Testing

@Suite("A value from outside of the flow file")
struct GivenValueTests {
  private static let flow = """
    flow: test
    parameters:
      count: { default: 1 }
      text: { environment: TEXT, default: "" }
      kind: { default: a, choices: [a, b] }
      secret: { default: "", sensitive: true }
    processors:
      - { name: one, type: GenerateFlowFile, properties: { count: "#{count}", text: "#{text}" }, to: { success: drop } }
      - { name: two, type: GenerateFlowFile, properties: { count: "#{count}" }, to: { success: drop } }
    """

  private func found(_ given: [String: ParameterValue], _ environment: [String: String] = [:]) -> [String] {
    problems(of: load(Self.flow, given: given, environment: environment))
  }

  private func file(_ text: String, mode: UInt32 = 0o600) throws -> [String: ParameterValue] {
    try ParametersFile.values(Array(text.utf8), file: "study.yaml", mode: mode)
  }

  @Test("is reported once, at its option, not at the lines that use it")
  func option() {
    #expect(
      found(["count": ParameterValue(text: "many")])
        == ["error: -p count: the value is 'many'; expected a whole number of at least 1"])
    #expect(
      found(["kind": ParameterValue(text: "c")]) == ["error: -p kind: the value is 'c'; expected one of a, b; did you mean 'a'?"])
  }

  @Test("is reported at the environment variable or at its line of the parameters file")
  func elsewhere() throws {
    #expect(
      found([:], ["TEXT": "a\u{200B}b"])
        == [
          "error: environment variable TEXT: character 2 of the value is a zero width space (U+200B), which is invisible; "
            + "expected the value without it"
        ])
    #expect(
      found(try file("text: x\ncount: many"))
        == ["study.yaml:2:8: error: parameter 'count': the value is 'many'; expected a whole number of at least 1"])
    #expect(
      found(try file("cuont: 3"))
        == ["study.yaml:1:8: error: parameter 'cuont': the flow has no such parameter; did you mean 'count'?"])
  }

  @Test("in a file has lower precedence than the command line, higher than the environment")
  func order() throws {
    let given = try file("text: file\ncount: 2").merging(["count": ParameterValue(text: "3")]) { $1 }
    let graph = try load(Self.flow, given: given, environment: ["TEXT": "environment"]).get()
    #expect(graph.parameters.map(\.value) == ["3", "file", "a", ""])
    #expect(graph.parameters.map(\.origin) == [.given, .file, .default, .default])
  }

  @Test("may be sensitive in a file that only its owner can read")
  func privacy() throws {
    #expect(found(try file("secret: hush")).isEmpty)
    #expect(found(try file("count: 2", mode: 0o644)).isEmpty)
    #expect(
      found(try file("secret: hush", mode: 0o640))
        == [
          "study.yaml:1:9: error: parameter 'secret': it is sensitive, but others can read the file; expected mode 0600; "
            + "chmod 600 study.yaml"
        ])
  }

  @Test(
    "in a file that is not a map of values is reported with its position",
    arguments: [
      ("- a", "study.yaml:1:1: error: this is a list; expected a map of parameters with lines 'name: value'"),
      ("count: [1]", "study.yaml:1:8: error: 'count' is a list; expected one value"),
      ("count: 1\ncount: 2", "study.yaml:2:1: error: 'count' is given twice; expected each key once; the first is at 1:1"),
      ("count:\u{A0}1", "study.yaml:1:7: error: a no-break space (U+00A0), which is invisible"),
    ])
  func shape(text: String, words: String) {
    let error = #expect(throws: Diagnostics.self) { try file(text) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test("with an invisible character is reported with its position")
  func unseen() {
    #expect(
      found(["text": ParameterValue(text: "a\u{A0}")])
        == [
          "error: -p text: character 2 of the value (the last one) is a no-break space (U+00A0), which is invisible; "
            + "expected the value without it"
        ])
    #expect(found(["count": ParameterValue(text: "１")]).first?.contains("character 1 is a fullwidth digit one (U+FF11)") == true)
  }
}
