import FlowCore
import FlowDefinition
import StudyModel
import Testing

@Suite("a parameter")
struct ParameterTests {
  private func parameters(
    _ declarations: String, given: [String: ParameterValue] = [:], environment: [String: String] = [:]
  ) throws -> [String: FlowParameter] {
    let graph = try load(Flows.text("x", parameters: declarations), given: given, environment: environment).get()
    return Dictionary(uniqueKeysWithValues: graph.parameters.map { ($0.name, $0) })
  }
  private func text(
    _ text: String, _ declarations: String, given: [String: ParameterValue] = [:]
  ) throws -> String {
    try load(Flows.text(text, parameters: declarations), given: given).get().processors[0].values[GenerateFlowFile.text]
  }

  @Test("comes from -p, then the environment, then its default")
  func precedence() throws {
    let declarations = "{ a: { default: one, environment: A } }"
    let given = ["a": ParameterValue(text: "three")]
    #expect(try parameters(declarations)["a"]?.value == "one")
    #expect(try parameters(declarations)["a"]?.origin == .default)
    #expect(try parameters(declarations, environment: ["A": "two"])["a"]?.value == "two")
    #expect(try parameters(declarations, environment: ["A": "two"])["a"]?.origin == .environment)
    #expect(try parameters(declarations, given: given, environment: ["A": "two"])["a"]?.value == "three")
    #expect(try parameters(declarations, given: given)["a"]?.origin == .given)
  }

  @Test("treats an empty environment variable as unset, an empty -p as a value")
  func empty() throws {
    let declarations = "{ a: { default: one, environment: A } }"
    #expect(try parameters(declarations, environment: ["A": ""])["a"]?.value == "one")
    #expect(try parameters(declarations, given: ["a": ParameterValue(text: "")])["a"]?.value == "")
  }

  @Test("keeps the order of the file, help and sensitivity")
  func order() throws {
    let graph = try load(Flows.whole).get()
    #expect(
      graph.parameters.map(\.name)
        == ["api", "participants", "database", "client_id", "client_secret", "detail", "token_url"])
    #expect(graph.parameters[1].help == "Folder of participant files")
    #expect(graph.parameters.map(\.isSensitive) == [false, false, false, false, true, false, false])
  }

  @Test("has a conditional default")
  func conditionalDefault() throws {
    func database(_ given: [String: ParameterValue]) throws -> String? {
      try load(Flows.whole, given: given).get().parameters.first { $0.name == "database" }?.value
    }
    let real = ["api": ParameterValue(text: "https://api.fitbit.com"), "client_id": ParameterValue(text: "23ABCD")]
    #expect(try database([:]) == "simulated/fitbit.sqlite")
    #expect(try database(real) == "fitbit.sqlite")
    #expect(try database(["database": ParameterValue(text: "mine.sqlite")]) == "mine.sqlite")
  }

  @Test("uses the first condition of which all terms hold")
  func severalConditions() throws {
    let declarations = """
      { a: { default: x }, b: { default: y },
        c: { default: none, when: [ { a: x, b: z, default: first }, { b: y, default: "second of #{a}" }, { a: x, default: third } ] } }
      """
    #expect(try parameters(declarations)["c"]?.value == "second of x")
    #expect(try parameters(declarations, given: ["b": ParameterValue(text: "z")])["c"]?.value == "first")
    #expect(try parameters(declarations, given: ["b": ParameterValue(text: "w")])["c"]?.value == "third")
    #expect(
      try parameters(declarations, given: ["a": ParameterValue(text: "w"), "b": ParameterValue(text: "w")])["c"]?.value
        == "none")
  }

  @Test("is optional under a condition")
  func requiredUnless() throws {
    #expect(problems(of: load(Flows.whole)) == [])
    let found = problems(of: load(Flows.whole, given: ["api": ParameterValue(text: "http://localhost:1")]))
    #expect(
      found == [
        "flow.yaml:13:3: error: parameter 'client_id': it has no value; "
          + "expected -p client_id=… or the environment variable FITBIT_CLIENT_ID"
      ])
    #expect(try parameters("{ a: { default: s }, b: { required_unless: { a: s } } }")["b"]?.value == "")
  }

  @Test("may refer to others in its default")
  func defaultsOverOthers() throws {
    let declarations =
      "{ url: { default: \"#{host}:#{port}/x\" }, host: { default: \"http://#{name}\" }, port: { default: 80 }, name: { default: here } }"
    #expect(try parameters(declarations)["url"]?.value == "http://here:80/x")
    #expect(
      try parameters(declarations, given: ["port": ParameterValue(text: "81")])["url"]?.value == "http://here:81/x")
  }

  @Test("that is sensitive comes from the environment or a file")
  func sensitive() throws {
    let declarations = "{ s: { sensitive: true, environment: S } }"
    #expect(try parameters(declarations, environment: ["S": "hush"])["s"]?.value == "hush")
    #expect(
      try parameters(declarations, given: ["s": ParameterValue(text: "hush", isFromFile: true)])["s"]?.value == "hush")
    let found = problems(
      of: load(Flows.text("x", parameters: declarations), given: ["s": ParameterValue(text: "hush")]))
    #expect(found.count == 1 && !found[0].contains("hush"))
  }

  @Test(
    "from a file loses a byte order mark and trailing line breaks",
    arguments: [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a"), ("", ""), ("\u{FEFF}a", "a"), ("a b", "a b")])
  func fromFile(contents: String, value: String) throws {
    let read = try ParameterValue(fileContents: Array(contents.utf8), file: "secret", parameter: "s")
    #expect(read == ParameterValue(text: value, isFromFile: true))
  }

  @Test(
    "from a file is never shown, but its invisible characters are reported with their position",
    arguments: [
      (Array("hush\u{A0}".utf8), "secret:1:5: error: parameter 's': character 5 of the value (the last one) is a no-break space (U+00A0)"),
      (Array("hu\u{200B}sh\n".utf8), "secret:1:3: error: parameter 's': character 3 of the value is a zero width space (U+200B)"),
      (Array("hu\u{FEFF}sh".utf8), "secret:1:3: error: parameter 's': the file contains a byte order mark (U+FEFF)"),
      (Array("hush\u{202E}".utf8), "secret:1:5: error: parameter 's': character 5 of the value (the last one) is a right-to-left override"),
      (Array("hush\r\nhush\r\n".utf8), "secret:1:5: error: parameter 's': character 5 of the value is a carriage return (U+000D)"),
      (Array("hush\t".utf8), "secret:1:5: error: parameter 's': character 5 of the value (the last one) is a tab (U+0009)"),
      (Array("hush ".utf8), "secret:1:5: error: parameter 's': the value ends with a space"),
      (Array("\u{201C}hush\u{201D}".utf8), "secret:1:1: error: parameter 's': the value begins with a left double quotation mark (U+201C)"),
      ([0xFF, 0xFE, 0x68, 0, 0x75, 0], "secret: error: parameter 's': the file is UTF-16; expected UTF-8"),
      ([0x68, 0xFF], "secret:1:2: error: parameter 's': the file is not UTF-8 from here on"),
    ])
  func unseenInFile(contents: [UInt8], words: String) {
    let error = #expect(throws: Diagnostics.self) { try ParameterValue(fileContents: contents, file: "secret", parameter: "s") }
    let text = error?.description ?? ""
    #expect(text.hasPrefix(words), "\(text)")
    #expect(!text.contains("hush"))
  }

  @Test(
    "is substituted in text, with NiFi's escape",
    arguments: [
      ("\"#{a}\"", "A"), ("x#{a}y#{a}z", "xAyAz"), ("'##{a}'", "#{a}"), ("'###{a}'", "#A"), ("'####{a}'", "##{a}"),
      ("'# {a} #'", "# {a} #"), ("'#{ }'", nil), ("\"#{b b}\"", "B"), ("'a#b'", "a#b"), ("\"\\u0023{a}\"", "A"),
    ])
  func substitution(written: String, value: String?) throws {
    let declarations = "{ a: { default: A }, \"b b\": { default: B } }"
    guard let value else {
      #expect(problems(of: load(Flows.text(written, parameters: declarations))).count == 1)
      return
    }
    #expect(try text(written, declarations) == value)
  }

  @Test("is substituted once: a value that looks like a reference is kept")
  func onceOnly() throws {
    #expect(
      try text("\"#{a}\"", "{ a: { default: A } }", given: ["a": ParameterValue(text: "#{b} ${c}")]) == "#{b} ${c}")
  }

  @Test(
    "inside an expression is substituted by the expression's compiler",
    arguments: [
      "'${#{a}}'", "'${x:append(\"}\"):f(#{a})}'", "'${x:f(\"#{a}\")}'", "'${ ${#{a}} }'", "'$$${#{a}}'",
    ])
  func insideExpressions(written: String) throws {
    #expect(try text(written, "{ a: { default: A } }") == String(written.dropFirst().dropLast()))
  }

  @Test("outside of an expression is substituted, even after an escaped dollar")
  func aroundExpressions() throws {
    #expect(try text("'#{a}${x}#{a}$${#{a}}'", "{ a: { default: A } }") == "A${x}A$${A}")
  }

  @Test("is substituted after an unclosed expression, which is text")
  func behindUnclosedExpression() throws {
    #expect(try text("'${x #{a}'", "{ a: { default: A } }") == "${x A")
  }

  @Test("reaches expressions through the compiler")
  func compilerGetsParameters() throws {
    let text = """
      flow: test
      parameters: { a: { default: A } }
      processors:
        - { name: begin, type: GenerateFlowFile, to: { success: store } }
        - { name: store, type: PutFile, properties: { folder: "${#{a}}/#{a}" }, to: { success: drop } }
      """
    let folder = try load(text).get().processors[1].values[PutFile.folder]
    let random = SeededRandomSource(seed: 1)
    let flowFile = FlowFile(id: FlowFileID(random), lineage: LineageID(1), created: Instant(seconds: 0))
    #expect(try folder.evaluate(flowFile) == "A/A")
  }

  @Test("without a value is reported once, not at each use")
  func noCascade() {
    let text = """
      flow: test
      parameters: { size: { help: How many } }
      processors:
        - { name: begin, type: GenerateFlowFile, concurrency: "#{size}", properties: { count: "#{size}" }, to: { success: drop } }
      """
    #expect(
      problems(of: load(text)) == ["flow.yaml:2:15: error: parameter 'size': it has no value; expected -p size=…"])
  }

  @Test("in a list is text there too")
  func inLists() throws {
    let text = """
      flow: test
      parameters: { key: { default: day }, kind: { default: date } }
      services: { db: { type: SQLiteDatabase, path: x } }
      processors:
        - { name: begin, type: GenerateFlowFile, to: { success: extract } }
        - { name: extract, type: ExtractRecords, properties: { columns: { day: "#{kind}" } }, to: { success: write } }
        - { name: write, type: WriteRecords, properties: { database: db, table: t, key: ["#{key}"] }, to: { success: drop } }
      """
    #expect(try load(text).get().processors[2].values[WriteRecords.key] == ["day"])
  }
}
