import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("flowrun evaluate")
struct EvaluateTests {
  struct Example: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var exit: Int32
    var output: String
    var testDescription: String { arguments.joined(separator: " ") }
  }

  @Test(
    "one expression from the command line",
    arguments: [
      Example(arguments: ["${name:toUpper()}", "-a", "name=anna"], exit: 0, output: "ANNA\n"),
      Example(arguments: ["$${literal} ${missing}"], exit: 0, output: "${literal} \n"),
      Example(arguments: ["${name:toUper()}"], exit: 65, output: ""),
      Example(arguments: [], exit: 64, output: ""),
    ])
  func single(_ example: Example) async throws {
    let result = try await BuiltBinary().run(["evaluate"] + example.arguments)
    #expect(result.exit == example.exit, "\(result.errors)")
    #expect(result.output == example.output)
    if example.exit != 0 { #expect(!result.errors.isEmpty) }
  }

  @Test("one output line per input line, with the phase of each error")
  func lines() async throws {
    let binary = try BuiltBinary()
    try binary.write(
      """
      {"expression": "${a:append('x')}", "attributes": {"a": "1"}}
      {"expression": "${a:nothing()}"}
      {"expression": "${a:toNumber():divide(0)}", "attributes": {"a": "1"}}
      {"expression": "a\u{2028}b"}

      """, to: "lines")
    let result = try await binary.run(["evaluate", "--lines"], input: binary.folder.path("lines"))
    let lines = result.output.split(separator: "\n")
    #expect(result.exit == 0)
    #expect(lines.count == 4)
    #expect(lines.first == "{\"value\":\"1x\"}")
    #expect(lines.dropFirst().first?.contains("\"phase\":\"compile\"") == true)
    #expect(lines.dropFirst(2).first?.contains("\"phase\":\"evaluate\"") == true)
  }
}
