import FlowTesting
import Foundation
import Testing

@Suite("flowrun validate for people")
struct ValidateTerminalTests {
  /// Runs the rest of the words on a terminal of its own.
  private static let terminal = ["/usr/bin/python3", "-c", "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"]
  private static let flow = """
    flow: marks
    processors:
      - name: begin
        type: GenerateFlowFile
        properties: { größe: 3, "count": many }
        to: { success: drop }
        concurrency: 0
    """

  @Test(
    "on a terminal the line of each problem is shown, with a mark below it and the code",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "python3 makes the terminal"))
  func marks() async throws {
    let binary = try BuiltBinary()
    try binary.write(Self.flow, to: "marks.yaml")
    let result = try await binary.run(["validate", "marks.yaml"], environment: ["TERM": "xterm"], through: Self.terminal)
    #expect(result.exit == 78)
    let lines = result.output.replacing("\r\n", with: "\n").split(separator: "\n").map(String.init)
    let shown = try #require(lines.firstIndex { $0 == "5 |     properties: { größe: 3, \"count\": many }" }, "\(result.output)")
    #expect(lines[shown + 1] == "  |                   ^^^^^ E0501", "\(result.output)")
    #expect(lines.contains("  |                                      ^^^^ E0503"), "\(result.output)")
    let plain = try await binary.run(["validate", "marks.yaml"])
    #expect(!plain.errors.contains("^"), "\(plain.errors)")
  }

  @Test("--codes explains a code, as text and as JSON, and a code that does not exist is a usage error with the nearest one")
  func codes() async throws {
    let binary = try BuiltBinary()
    let text = try await binary.run(["validate", "--codes", "E0501"])
    #expect(text.exit == 0 && text.output.hasPrefix("E0501 (error): ") && text.output.contains("\ninstead of\n    "), "\(text.output)")
    let json = try await binary.run(["validate", "--codes", "e0501", "--codes", "E0202", "--format", "json"])
    let list = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
    #expect(list.map { $0["code"] as? String } == ["E0501", "E0202"])
    #expect(list.allSatisfy { ($0["explanation"] as? String)?.isEmpty == false })
    let unknown = try await binary.run(["validate", "--codes", "E05O1"])
    #expect(unknown.exit == 64 && unknown.errors.contains("there is no code 'E05O1'") && unknown.errors.contains("did you mean"), "\(unknown.errors)")
    #expect(try await binary.run(["validate"]).exit == 64)
  }

  @Test(
    "a misspelt command is answered with the nearest one",
    arguments: [("rnu", "run"), ("valdiate", "validate"), ("coverge", "coverage"), ("expalin", "explain")])
  func commands(word: String, command: String) async throws {
    let result = try await BuiltBinary().run([word, BuiltBinary.flow("fitbit")])
    #expect(result.exit == 64 && result.output.isEmpty)
    #expect(result.errors.contains("did you mean '\(command)'?"), "\(result.errors)")
  }

  @Test("a flow file may have a name like a command's, and other words are flow files that do not exist")
  func files() async throws {
    let binary = try BuiltBinary()
    try binary.write("flow: rnu\nprocessors:\n  - { name: begin, type: GenerateFlowFile, to: { success: drop } }\n", to: "rnu")
    #expect(try await binary.run(["rnu", "-q"]).exit == 0)
    let other = try await binary.run(["something-else"])
    #expect(other.exit == 64 && !other.errors.contains("there is no command"), "\(other.errors)")
  }
}
