import Foundation
import Testing

@Suite("The data dictionary agrees with the program")
struct DataDictionaryTests {
  private struct Table {
    var columns: [(name: String, type: String, isRequired: Bool, meaning: String)] = []
    var key = ""
    var flows: [String] = []
  }

  /// The page, made from the statements of the dialect that has a description for each column.
  private static func page() async throws -> String {
    let binary = try BuiltBinary()
    var tables: [(name: String, table: Table)] = []
    let files = try FileManager.default.contentsOfDirectory(atPath: BuiltBinary.repository.appending(path: "Flows").path())
    for flow in files.filter({ $0.hasSuffix(".yaml") && !$0.hasSuffix("_test.yaml") }).map({ String($0.dropLast(5)) }).sorted() {
      let result = try await binary.run(["ddl", BuiltBinary.flow(flow), "--dialect", "bigquery"])
      #expect(result.exit == 0, "\(result.errors)")
      for statement in result.output.matches(of: #/CREATE TABLE `(\w+)` \(\n((?:  .*\n)+)\)/#) {
        let name = String(statement.1)
        if let index = tables.firstIndex(where: { $0.name == name }) {
          tables[index].table.flows.append(flow)
          continue
        }
        var table = Table(flows: [flow])
        for line in statement.2.split(separator: "\n") {
          if let column = line.firstMatch(of: #/^  `(\w+)` (\w+)( NOT NULL)?(?: OPTIONS\(description='(.*)'\))?,?$/#) {
            let meaning = column.4.map { String($0).replacing("\\'", with: "'") } ?? ""
            table.columns.append((String(column.1), String(column.2), column.3 != nil, meaning))
          } else if let key = line.firstMatch(of: #/PRIMARY KEY \((.*)\)/#) {
            table.key = String(key.1)
          }
        }
        tables.append((name, table))
      }
    }
    var text = """
      # Data dictionary

      Every table of the shipped flows, with the unit of each column, as `flowrun ddl` and PostgreSQL's `\\d+` show them. `instant` is UTC; in SQLite it is
      whole seconds since 1970 and a date is text. A column may be NULL unless it is required: NULL means that the provider did not say.

      """
    for (name, table) in tables.sorted(by: { $0.name < $1.name }) {
      text += "\n## \(name)\n\nKey: \(table.key). Flows: \(table.flows.joined(separator: ", ")).\n\n| column | type | required | what it is |\n|---|---|---|---|\n"
      for column in table.columns {
        #expect(!column.meaning.isEmpty, "\(name).\(column.name) has no description")
        text += "| `\(column.name)` | \(column.type) | \(column.isRequired ? "yes" : "") | \(column.meaning) |\n"
      }
    }
    return text
  }

  /// RECORD=1 rewrites the page and still fails, so that it is not left set by accident.
  @Test("each table of the shipped flows, each column with its unit")
  func dictionary() async throws {
    let file = BuiltBinary.repository.appending(path: "Sources/flowrun/Guide.docc/DataDictionary.md")
    let text = try await Self.page(), written = try? String(contentsOf: file, encoding: .utf8)
    if ProcessInfo.processInfo.environment["RECORD"] == "1" { try text.write(to: file, atomically: true, encoding: .utf8) }
    #expect(written == text, "run the tests once with RECORD=1 to rewrite the page")
  }
}
