import Foundation
import StudyModel
import Testing

@Suite("README and guide agree with the program", .serialized)
struct ReadmeTests {
  struct Page: Decodable {
    struct Relationship: Decodable { var name: String }
    var type: String
    var summary: String
    var relationships: [Relationship]
  }

  @Test("the table of processors is derived from their declarations")
  func processors() async throws {
    let result = try await BuiltBinary().run(["processors", "--format", "json"])
    let pages = try JSONDecoder().decode([Page].self, from: Data(result.output.utf8))
    let rows = pages.map { "| `\($0.type)` | \($0.summary) | \($0.relationships.map { "`\($0.name)`" }.joined(separator: ", ")) |" }
    let table = "| processor | what it does | relationships |\n|---|---|---|\n" + rows.joined(separator: "\n") + "\n"
    try Self.expect(table, in: "README.md", between: "processors")
  }

  /// Every line of the block has its like in the output of a first run, in order; times and the run's id differ, and "…" stands for lines that are left out.
  private static func expectFirstRun(_ result: BuiltBinary.Result) throws {
    let text = try String(contentsOf: BuiltBinary.repository.appending(path: "README.md"), encoding: .utf8)
    let start = try #require(text.range(of: "$ Scripts/run\n")).upperBound
    let finish = try #require(text.range(of: "```", range: start..<text.endIndex)).lowerBound
    func plain(_ line: Substring) -> String {
      String(line).replacing(#/ +\d+\.\d\d s$/#, with: "").replacing(#/^run \d{8}T\d{6}Z-[0-9a-f]{6}/#, with: "run R")
    }
    // Busy times are as wide as they are long.
    let shown = text[start..<finish].split(separator: "\n").filter { $0 != "…" && !$0.hasPrefix("processor ") }
    var rest = (result.errors + result.output).split(separator: "\n").map(plain)[...]
    for line in shown.map(plain) {
      let place = rest.firstIndex(of: line)
      #expect(place != nil, "README has the line '\(line)', and the run says\n\(result.errors)\(result.output)")
      if let place { rest = rest[(place + 1)...] }
    }
  }

  @Test("the first run and the coverage example are the program's output", .timeLimit(.minutes(5)))
  func examples() async throws {
    let binary = try BuiltBinary()
    let run = try await binary.run([BuiltBinary.flow("fitbit")])
    #expect(run.exit == 0)
    try Self.expectFirstRun(run)
    let arguments = ["--participant", "P0005", "--participant", "P0011"]
    let result = try await binary.run(["coverage", BuiltBinary.flow("fitbit")] + arguments)
    let command = "$ flowrun coverage Flows/fitbit.yaml \(arguments.joined(separator: " "))"
    try Self.expect("```\n\(command)\n\(result.output)```\n", in: "Sources/flowrun/Guide.docc/Coverage.md", between: "coverage")
  }

  /// RECORD=1 rewrites the text and still fails, so that it is not left set by accident.
  private static func expect(_ expected: String, in page: String, between marker: String) throws {
    let file = BuiltBinary.repository.appending(path: page)
    let text = try String(contentsOf: file, encoding: .utf8)
    let start = try #require(text.range(of: "<!-- \(marker): begin -->\n")).upperBound
    let finish = try #require(text.range(of: "<!-- \(marker): end -->")).lowerBound
    if ProcessInfo.processInfo.environment["RECORD"] == "1" {
      try (text[..<start] + expected + text[finish...]).write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(String(text[start..<finish]) == expected, "run the tests once with RECORD=1 to rewrite \(page)")
  }
}
