import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("ExecuteSQL")
struct ExecuteSQLTests: RecordProcessorSuite {
  private static let three = DataTable(columns: ["n"], rows: [[.number("1")], [.number("2")], [.number("3")]])

  @Test("rows become the content, in parts if that is wanted", arguments: [
    ("0", ["[{\"n\":1},{\"n\":2},{\"n\":3}]"]), ("2", ["[{\"n\":1},{\"n\":2}]", "[{\"n\":3}]"]), ("3", ["[{\"n\":1},{\"n\":2},{\"n\":3}]"]), ("1", ["[{\"n\":1}]", "[{\"n\":2}]", "[{\"n\":3}]"]),
  ])
  func parts(_ limit: String, _ contents: [String]) async throws {
    let test = try test(ExecuteSQL.self, ["sql_query": "SELECT ${what}", "max_rows_per_flow_file": .text(limit)], MemorySQLDatabase(answers: ["SELECT n": Self.three]))
    let outcome = await test.run([test.flowFile(["what": "n"])])
    let parts = outcome["success"]
    #expect(parts.map { text($0) } == contents && parts.map { $0["executesql.row.count"] } == parts.map { $0["record.count"] })
    #expect(parts.map { $0["fragment.index"] } == (limit == "0" ? [nil] : contents.indices.map { "\($0)" }))
    #expect(Set(parts.map { $0["fragment.count"] }) == [limit == "0" ? nil : "\(contents.count)"] && outcome.counters["rows"] == 3)
  }

  @Test("without an input it asks once; without a row it sends an empty list")
  func source() async throws {
    let test = try test(ExecuteSQL.self, ["sql_query": "SELECT n"], MemorySQLDatabase(answers: ["SELECT n": DataTable(columns: ["n"])]))
    let outcome = await test.run()
    #expect(outcome.isExhausted && text(outcome["success"].first) == "[]" && outcome["success"].first?["input.flowfile.uuid"] == nil)
  }

  @Test("without an input every FlowFile has a name of its own; with one, that of the input", arguments: [true, false])
  func names(_ hasInput: Bool) async throws {
    let test = try test(ExecuteSQL.self, ["sql_query": "SELECT n", "max_rows_per_flow_file": "1"], MemorySQLDatabase(answers: ["SELECT n": Self.three]))
    let parts = await (hasInput ? test.run([test.flowFile(["filename": "a", "path": "b/"])]) : test.run())["success"]
    #expect(parts.map { $0["filename"] } == parts.map { hasInput ? "a" : $0.id.text } && Set(parts.map { $0["path"] }) == [hasInput ? "b/" : "./"])
  }

  @Test("the content is the query where none is given; a wrong one is a failure")
  func contentQuery() async throws {
    let test = try test(ExecuteSQL.self, ["writer": "csv"], MemorySQLDatabase(answers: ["SELECT n": Self.three]))
    #expect(text(await test.run([test.flowFile(text: "SELECT n;\n")])["success"].first) == "n\r\n1\r\n2\r\n3\r\n")
    for content in ["SELECT other", ""] {
      let failed = await test.run([test.flowFile(text: content)])["failure"].first
      #expect(failed?.failure?.cause == .badRequest && failed?["executesql.error.message"] == failed?.failure?.message)
    }
  }

  @Test("a result beyond the limit is a failure")
  func limit() async throws {
    let test = try test(ExecuteSQL.self, ["sql_query": "SELECT n", "result_limit": "50 B"], MemorySQLDatabase(answers: ["SELECT n": Self.three]))
    #expect(await test.run([test.flowFile()])["failure"].first?.failure?.cause == .badData)
  }
}
