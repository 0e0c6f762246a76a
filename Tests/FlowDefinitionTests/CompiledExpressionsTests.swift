import FlowCore
import FlowDefinition
import Testing

@Suite("an expression of a flow file")
struct CompiledExpressionsTests {
  private let compiler = CompiledExpressions(parameters: [
    FlowParameter(name: "unit", value: "heart", isSensitive: false, origin: .default, help: ""),
    FlowParameter(name: "secret", value: "hunter2", isSensitive: true, origin: .environment, help: ""),
  ])
  private func flowFile(_ attributes: Attributes, content: Content = .empty) -> FlowFile {
    FlowFile(
      id: FlowFileID(SeededRandomSource(seed: 1)), attributes: attributes, content: content, lineage: LineageID(1),
      created: Instant(milliseconds: 1500))
  }
  private func mistake(_ text: String) -> Diagnostic? {
    do {
      _ = try compiler.compile(text)
      return nil
    } catch {
      return error as? Diagnostic
    }
  }

  @Test(
    "evaluates attributes, parameters and functions",
    arguments: [
      ("plain", "plain"), ("${a}", "A"), ("x${a}y${b}z", "xAyz"), ("${#{unit}}", "heart"),
      ("${#{unit}:toUpper()}", "HEART"),
      ("${a:append('#{unit}')}", "A#{unit}"), ("#{unit}", "#{unit}"), ("$${a}", "${a}"), ("${fileSize}", "3"),
      ("${entryDate}", "1500"), ("${'a':toLower()}", "a"),
    ])
  func values(text: String, value: String) throws {
    #expect(try compiler.compile(text).evaluate(flowFile(["a": "A"], content: .bytes([1, 2, 3]))) == value)
  }

  @Test("knows the FlowFile's id")
  func identity() throws {
    let flowFile = flowFile([:])
    #expect(try compiler.compile("${uuid}").evaluate(flowFile) == flowFile.id.text)
  }

  @Test(
    "is true only for a boolean true",
    arguments: [("${a:equals('A')}", true), ("${a:equals('B')}", false), ("${a}", false), ("true", true)])
  func booleans(text: String, isTrue: Bool) throws {
    #expect(try compiler.compile(text).isTrue(for: flowFile(["a": "A"])) == isTrue)
  }

  @Test("reports whether it contains an expression, and its attributes")
  func facts() throws {
    #expect(try compiler.compile("plain").literal == "plain")
    #expect(try compiler.compile("${a}").literal == nil)
    #expect(try compiler.compile("${a}/${b:toUpper()}").attributeNames == ["a", "b"])
  }

  @Test("fails as an expected error of the FlowFile")
  func failure() throws {
    let expression = try compiler.compile("${a:toDate('yyyy-MM-dd')}")
    let error = #expect(throws: ProcessorError.self) { try expression.evaluate(flowFile(["a": "yesterday"])) }
    #expect(error?.failure.cause == .expression)
  }

  @Test("that is not closed is reported at its position")
  func unclosed() {
    #expect(mistake("ab ${c")?.place.offset == 3)
    #expect(mistake("ab $${c") == nil)
  }

  @Test("with an unknown function is reported at its position")
  func unknownFunction() {
    #expect(mistake("ab ${c:toUper()}")?.place.offset == 7)
    #expect(mistake("ab ${c:toUper()}")?.hint?.contains("toUpper") == true)
  }

  @Test("must not contain a sensitive parameter, and does not reveal it")
  func sensitive() throws {
    let found = try #require(mistake("${#{secret}}"))
    #expect(!"\(found)".contains("hunter2"))
  }

  @Test("is checked when the flow is loaded, with an exact position")
  func inFlow() {
    let text = """
      flow: test
      parameters: { unit: { default: heart } }
      processors:
        - { name: begin, type: GenerateFlowFile, to: { success: store } }
        - name: store
          type: PutFile
          properties:
            folder: "\\u00e9/#{unit}/${#{unit}:toUper()}"
          to: { success: drop }
      """
    let loader = FlowLoader(
      processors: TestCatalog.processors, services: TestCatalog.services,
      compiler: { CompiledExpressions(parameters: $0) })
    let result = loader.load(bytes: Array(text.utf8), file: "flow.yaml")
    #expect(problems(of: result).count == 1)
    #expect(
      problems(of: result).first?.hasPrefix("flow.yaml:8:41: error: PutFile 'store': property 'folder': found ")
        == true, "\(problems(of: result))")
  }
}
