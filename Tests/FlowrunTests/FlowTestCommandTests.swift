import FlowTesting
import Foundation
import Testing

@Suite("flowrun test")
struct FlowTestCommandTests {
  private static let flow = """
    flow: letters
    parameters:
      greeting: { default: Dear }
      out: { default: letters }
    processors:
      - name: names
        type: GenerateFlowFile
        properties: { count: 2, content: "x", attributes: { name: "P${index}" } }
        to: { success: address }
      - name: address
        type: UpdateAttribute
        properties: { set: { line: "#{greeting} ${name}", day: "${now():format('yyyy-MM-dd', 'UTC')}", dice: "${random()}" } }
        to: { success: sort, failure: errors }
      - name: sort
        type: RouteOnAttribute
        properties: { rules: { first: "${name:equals('P0')}" } }
        to: { first: write, unmatched: drop, failure: errors }
      - name: write
        type: PutFile
        properties: { folder: "#{out}", name: "${name}.txt" }
        to: { success: drop, failure: errors }
    """
  private static let tests = """
    tests:
      - name: both are addressed
        now: 2026-03-01T00:00:00Z
        expect:
          relationships: { address: { success: 2 }, sort: { first: 1, unmatched: 1 } }
          flowfiles:
            - { from: address, attributes: { line: Dear P0, day: 2026-03-01, sort: null } }
            - { from: address, attributes: { line: Dear P1 } }
          files: { letters/P0.txt: x, letters/P1.txt: null }
      - name: another greeting
        at: address
        parameters: { greeting: Hello }
        flowfiles: [{ attributes: { name: P7 }, content: "{\\"b\\": 1, \\"a\\": 2}" }]
        expect:
          flowfiles: [{ from: address, attributes: { line: Hello P7 }, content: "{\\"a\\":2,\\"b\\":1}" }]

    """

  private let binary: BuiltBinary

  init() throws {
    binary = try BuiltBinary()
    try binary.write(Self.flow, to: "letters.yaml")
    try binary.write(Self.tests, to: "letters_test.yaml")
  }

  private func run(_ arguments: String...) async throws -> BuiltBinary.Result { try await binary.run(["test"] + arguments) }

  private func edit(_ edits: [(String, String)], of file: String = "letters_test.yaml") throws {
    var text = try String(contentsOfFile: binary.folder.path(file), encoding: .utf8)
    for (old, new) in edits {
      #expect(text.contains(old))
      text = text.replacing(old, with: new)
    }
    try binary.write(text, to: file)
  }

  // MARK: The shipped flows

  @Test(
    "passes with every shipped flow",
    arguments: ["fitbit", "google-health"].flatMap { name in ["", "-nightly", "-extract", "-steps", "-warehouse"].map { name + $0 } })
  func shipped(name: String) async throws {
    let result = try await run(BuiltBinary.flow(name))
    #expect(result.exit == 0, "\(result.output)\(result.errors)")
    let tests = try String(contentsOf: BuiltBinary.repository.appending(path: "Flows/\(name)_test.yaml"), encoding: .utf8)
    let flow = try String(contentsOfFile: BuiltBinary.flow(name), encoding: .utf8)
    for match in flow.matches(of: #/- name: (.+)\n    type: ExtractRecords/#) {
      let rest = match.1.drop { $0 != " " }
      #expect(tests.contains("at: \(match.1)\n") || tests.contains("at: convert\(rest)\n"), "no test has FlowFiles for '\(match.1)'")
    }
  }

  @Test("shows a mistake in a mapping at the column that it spoils, and every other difference too")
  func mistake() async throws {
    for file in ["fitbit.yaml", "fitbit_test.yaml"] { try binary.write(try String(contentsOf: BuiltBinary.repository.appending(path: "Flows/\(file)"), encoding: .utf8), to: file) }
    try edit([("distances[activity=total]/distance", "distances[activity=Walk]/distance"), ("from: marginalCalories", "from: caloriesOut")], of: "fitbit.yaml")
    let result = try await run("fitbit.yaml")
    #expect(result.exit == 1)
    #expect(result.output.contains("       rows.fitbit_daily_activity[0].distance: expected 6.46, found 3.7\n"))
    #expect(result.output.contains("       rows.fitbit_daily_activity[0].marginal_calories: expected 640, found 2722\n"))
    #expect(result.output.contains("FAIL fitbit_test.yaml:"))
    #expect(result.errors.hasSuffix(" tests, 2 failed\n"))
  }

  // MARK: Output

  @Test("prints a line for each test, and exits with 0 if all pass")
  func passes() async throws {
    let result = try await run("letters.yaml")
    #expect(result.output == "ok   letters_test.yaml:2 both are addressed\nok   letters_test.yaml:10 another greeting\n")
    #expect(result.errors == "2 tests, all passed\n")
    #expect(result.exit == 0)
  }

  @Test("shows all differences of all tests, with path, expected and found, and exits with 1")
  func differences() async throws {
    try edit([
      ("success: 2", "success: 3"), ("line: Dear P0", "line: Dear P9"), ("sort: null", "dice: null"), ("letters/P0.txt: x", "letters/P0.txt: y"),
      ("P1.txt: null", "P1.txt: z"), ("line: Hello P7", "missing: here"), (#"\"a\":2"#, #"\"a\":3"#),
    ])
    let result = try await run("letters.yaml")
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(lines.contains("       relationships.address.success: expected 3, found 2"))
    #expect(lines.contains("       flowfiles[0].attributes.line: expected 'Dear P9', found 'Dear P0'"))
    #expect(lines.contains { $0.hasPrefix("       flowfiles[0].attributes.dice: expected null, found '") })
    #expect(lines.contains("       files.letters/P0.txt: expected 'y', found 'x'"))
    #expect(lines.contains("       files.letters/P1.txt: expected 'z', found no such file"))
    #expect(lines.contains("       flowfiles[0].attributes.missing: expected 'here', found no such attribute"))
    #expect(lines.contains { $0.hasPrefix("       flowfiles[0].content: expected '") })
    #expect(result.exit == 1)
    #expect(result.errors == "2 tests, 2 failed\n")
  }

  @Test("an entry of the error folder that no test expects is a failure, and one that is expected is none")
  func entries() async throws {
    try edit([("default: letters }", "default: /nowhere }")], of: "letters.yaml")
    #expect(try await run("letters.yaml").output.contains("       errors: expected no further entry, found write: disk: "))
    try binary.write("tests: [{ name: refused, expect: { errors: [{ processor: write, cause: disk, message: '*relative paths only*' }] } }]\n", to: "letters_test.yaml")
    #expect(try await run("letters.yaml").exit == 0)
  }

  @Test("writes JUnit's XML, escaped, and a list with --format json")
  func junit() async throws {
    try edit([("name: another greeting", "name: \"<another> & \\\"greeting\\\"\""), ("line: Hello P7", "line: Hello P8")])
    let result = try await run("letters.yaml", "--junit", "out/report.xml", "--format", "json")
    let xml = try String(contentsOfFile: binary.folder.path("out/report.xml"), encoding: .utf8).replacing(#/time="[0-9.]+"/#, with: "time=\"T\"")
    #expect(
      xml == """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="flowrun" tests="2" failures="1" time="T">
          <testsuite name="letters.yaml" tests="2" failures="1" time="T" errors="0" skipped="0">
            <testcase classname="letters.yaml" name="both are addressed" file="letters_test.yaml" line="2" time="T"/>
            <testcase classname="letters.yaml" name="&lt;another&gt; &amp; &quot;greeting&quot;" file="letters_test.yaml" line="10" time="T">
              <failure message="flowfiles[0].attributes.line: expected 'Hello P8', found 'Hello P7'">flowfiles[0].attributes.line: expected 'Hello P8', found 'Hello P7'</failure>
            </testcase>
          </testsuite>
        </testsuites>

        """)
    let list = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
    #expect(list.map { $0["status"] as? String } == ["passed", "failed"])
    #expect((list[1]["differences"] as? [[String: String]]) == [["path": "flowfiles[0].attributes.line", "expected": "'Hello P8'", "found": "'Hello P7'"]])
  }

  @Test("gives the same results every time: clock, random numbers and UUIDs are those of the test")
  func repeats() async throws {
    try edit([("sort: null", "dice: '1', uuid: '2'")])
    let outputs = [try await run("letters.yaml").output, try await run("letters.yaml").output]
    #expect(outputs[0] == outputs[1] && outputs[0].contains(".uuid: expected '2', found '"))
    try edit([("now: 2026-03-01T00:00:00Z", "now: 2026-03-01T00:00:00Z\n    seed: 2")])
    #expect(try await run("letters.yaml").output != outputs[0])
  }

  @Test("touches no file of its user: relative paths are in a folder of the test, others are refused")
  func files() async throws {
    let before = try FileManager.default.subpathsOfDirectory(atPath: binary.folder.path).filter { !$0.hasSuffix(".out") && !$0.hasSuffix(".err") }
    #expect(try await run("letters.yaml").exit == 0)
    let outside = binary.folder.path("outside")
    try edit([("default: letters }", "default: \(outside) }")], of: "letters.yaml")
    let refused = try await run("letters.yaml")
    #expect(refused.exit == 1 && refused.output.contains("write: disk: ") && refused.output.contains("a test uses relative paths only"))
    let after = try FileManager.default.subpathsOfDirectory(atPath: binary.folder.path).filter { !$0.hasSuffix(".out") && !$0.hasSuffix(".err") }
    #expect(Set(after) == Set(before))
  }

  // MARK: What is wrong

  @Test(
    "names every problem of a test file with place and nearest name, runs nothing, and exits with 78",
    arguments: [
      ("    at: address", "    at: adress", "letters_test.yaml:11:9: error: test 'another greeting': the flow has no processor 'adress'; expected the name of one of its processors; did you mean 'address'?"),
      ("relationships: {", "relationship: {", "letters_test.yaml:5:7: error: property 'tests.expect': unknown property 'relationship'; did you mean 'relationships'?"),
      ("sort: { first: 1,", "sort: { frist: 1,", "letters_test.yaml:5:57: error: test 'both are addressed': 'sort' has no relationship 'frist'; expected one of its relationships; did you mean 'first'?"),
      ("greeting: Hello", "greting: Hello", "letters_test.yaml:12:19: error: parameter 'greting': the flow has no such parameter; did you mean 'greeting'?"),
      ("now: 2026-03-01T00:00:00Z", "now: yesterday", "letters_test.yaml:3:10: error: property 'tests.now' is 'yesterday'; expected an instant such as 2026-01-06T12:00:00Z"),
      ("name: another greeting", "name: both are addressed", "letters_test.yaml:10:11: error: a second test is called 'both are addressed'; expected a name of its own for each test"),
      ("    at: address\n", "", "letters_test.yaml:10:11: error: test 'another greeting' has 'flowfiles' but no 'at'; expected the processor that they go to, such as at: extract steps"),
      ("    at: address", "    at: names", "letters_test.yaml:11:9: error: test 'another greeting': 'names' takes no FlowFiles: it is a source; expected a processor behind it, or a test without 'at' and 'flowfiles'"),
    ])
  func broken(old: String, new: String, message: String) async throws {
    try edit([(old, new)])
    let result = try await run("letters.yaml")
    #expect(result.exit == 78 && result.output.isEmpty)
    #expect(result.errors.contains(message + "\n"), "\(result.errors)")
    let validated = try await binary.run(["validate", "letters_test.yaml"])
    #expect(validated.exit == 78 && validated.errors.contains(message + "\n"))
  }

  @Test("a flow or its tests that are not there are a usage error, and an invalid flow is 78")
  func absent() async throws {
    #expect(try await run("nothing.yaml").exit == 64)
    try binary.write(Self.flow, to: "untested.yaml")
    let untested = try await run("untested.yaml")
    #expect(untested.exit == 64 && untested.errors == "error: untested.yaml: it has no tests; expected them in untested_test.yaml\n")
    try edit([("type: PutFile", "type: PutFiles")], of: "letters.yaml")
    let invalid = try await run("letters.yaml")
    #expect(invalid.exit == 78 && invalid.errors.contains("letters.yaml:19:11: ") && invalid.errors.contains("did you mean 'PutFile'?"))
  }

  @Test("a file of tests stands for its flow, so that all files of a folder can be given; validate reads it as tests")
  func folder() async throws {
    let result = try await run("letters.yaml", "letters_test.yaml")
    #expect(result.exit == 0 && result.errors == "2 tests, all passed\n")
    let validated = try await binary.run(["validate", "letters.yaml", "letters_test.yaml"])
    #expect(validated.exit == 0 && validated.errors.contains("letters_test.yaml: valid, 2 tests of letters.yaml\n"))
  }

  @Test("a request without a response and a response without a request are differences")
  func responses() async throws {
    try binary.write(try String(contentsOfFile: BuiltBinary.flow("fitbit"), encoding: .utf8), to: "fitbit.yaml")
    try binary.write(
      """
      tests:
        - name: nothing fits
          at: invoke steps
          flowfiles: [{ slice: { data_type: intraday-steps, start: 2026-01-05T00:00:00Z, end: 2026-01-06T00:00:00Z } }]
          responses: [{ url: /nowhere }]
          expect: { rows: { fitbit_intraday_steps: [] } }
      """, to: "fitbit_test.yaml")
    let result = try await run("fitbit.yaml")
    #expect(result.exit == 1)
    #expect(result.output.contains("requests: expected a response for it under 'responses', found GET /1/user/-/activities/steps/date/2026-01-05/2026-01-05/"))
    #expect(result.output.contains("responses[0]: expected a request of GET /nowhere, found it was not asked for"))
    #expect(result.output.contains("errors: expected no further entry, found invoke steps: connection: "))
  }
}
