import Foundation
import Testing

@Suite("README says what the program says")
struct ReadmeTests {
  struct Page: Decodable {
    struct Relationship: Decodable { var name: String }
    var type: String
    var summary: String
    var relationships: [Relationship]
  }

  /// RECORD=1 rewrites the table, and still fails, so that nobody records by accident.
  @Test("the table of processors is derived from their declarations")
  func processors() async throws {
    let result = try await BuiltBinary().run(["processors", "--format", "json"])
    let pages = try JSONDecoder().decode([Page].self, from: Data(result.output.utf8))
    let rows = pages.map { "| `\($0.type)` | \($0.summary) | \($0.relationships.map { "`\($0.name)`" }.joined(separator: ", ")) |" }
    let table = "| processor | what it does | relationships |\n|---|---|---|\n" + rows.joined(separator: "\n") + "\n"
    let file = BuiltBinary.repository.appending(path: "README.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    let begin = "<!-- processors: begin -->\n"
    let end = "<!-- processors: end -->"
    let start = try #require(text.range(of: begin)).upperBound
    let finish = try #require(text.range(of: end)).lowerBound
    if ProcessInfo.processInfo.environment["RECORD"] == "1" {
      try (text[..<start] + table + text[finish...]).write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(String(text[start..<finish]) == table, "run the tests once with RECORD=1 to rewrite README's table")
  }
}
