import FlowTesting
import Foundation
import Testing

@Suite("flowrun validate --format")
struct ValidateFormatTests {
  private static let invalid = """
    flow: Größen
    processors:
      - name: käse
        type: GenerateFlowFile
        properties: { größe: 3, "count": many }
        to: { success: drop }
    """
  private static let misspelt = """
    flow: two
    processors:
      - name: begin
        tpye: GenerateFlowFile
        to: { success: drop }
    """

  private let binary: BuiltBinary

  init() throws {
    binary = try BuiltBinary()
    try binary.write(Self.invalid, to: "flows/größen, 1.yaml")
    try binary.write(Self.misspelt, to: "two.yaml")
    try binary.write(Self.misspelt.replacing("tpye", with: "type"), to: "valid.yaml")
  }

  private func list(_ arguments: [String]) async throws -> (list: [[String: Any]], exit: Int32) {
    let result = try await binary.run(["validate", "--format", "json"] + arguments)
    return (try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]]), result.exit)
  }

  @Test("json is one list for all files, with code and place of each problem")
  func json() async throws {
    let (list, exit) = try await list(["flows/größen, 1.yaml", "two.yaml"])
    #expect(exit == 78)
    #expect(list.map { $0["code"] as? String } == ["E0501", "E0503", "E0202"])
    #expect(list.map { $0["file"] as? String } == ["flows/größen, 1.yaml", "flows/größen, 1.yaml", "two.yaml"])
    #expect(list.map { $0["line"] as? Int } == [5, 5, 4])
    #expect(list.map { $0["column"] as? Int } == [19, 38, 5])
    #expect(list.map { $0["end_column"] as? Int } == [24, 42, 9])
    #expect(list.allSatisfy { $0["severity"] as? String == "error" })
    #expect(list[0]["subject"] as? String == "GenerateFlowFile 'käse'")
    #expect(list[1]["found"] as? String == "property 'count' is 'many'")
    #expect((list[1]["expected"] as? String)?.hasPrefix("a whole number") == true)
    #expect(list[2]["hint"] as? String == "did you mean 'type'?")
  }

  @Test("json is an empty list for a flow without problems, and the exit code is 0")
  func valid() async throws {
    let (list, exit) = try await list(["valid.yaml"])
    #expect(list.isEmpty && exit == 0)
  }

  @Test("problems of the command line and of a parameter file are in the list too")
  func given() async throws {
    let (unknown, exit) = try await list(["valid.yaml", "-p", "colour=red"])
    #expect(exit == 78 && unknown.map { $0["code"] as? String } == ["E0303"])
    #expect(unknown[0]["line"] == nil)
    try binary.write("a: 1\na: 2\n", to: "study.yaml")
    let (twice, _) = try await list(["valid.yaml", "--parameters", "study.yaml"])
    #expect(twice.map { $0["code"] as? String } == ["E0119"] && twice[0]["file"] as? String == "study.yaml")
  }

  @Test("sarif has the table as rules, relative addresses below the working folder and absolute ones elsewhere")
  func sarif() async throws {
    let outside = try BuiltBinary()
    try outside.write(Self.misspelt, to: "out side.yaml")
    let result = try await binary.run(["validate", "--format", "sarif", "flows/größen, 1.yaml", outside.folder.path("out side.yaml")])
    #expect(result.exit == 78)
    let run = try Self.run(result)
    let results = try #require(run["results"] as? [[String: Any]])
    #expect(results.map { $0["ruleId"] as? String } == ["E0501", "E0503", "E0202"])
    #expect(results.allSatisfy { $0["level"] as? String == "error" })
    let addresses = results.map { result -> String? in
      let place = (result["locations"] as? [[String: Any]])?.first?["physicalLocation"] as? [String: Any]
      return (place?["artifactLocation"] as? [String: Any])?["uri"] as? String
    }
    #expect(addresses[0] == "flows/gr%C3%B6%C3%9Fen,%201.yaml")
    #expect(addresses[2]?.hasPrefix("file:///") == true && addresses[2]?.hasSuffix("/out%20side.yaml") == true)
  }

  @Test("sarif of a valid flow is a run without results")
  func emptySARIF() async throws {
    let result = try await binary.run(["validate", "--format", "sarif", "valid.yaml"])
    #expect(result.exit == 0)
    #expect((try Self.run(result)["results"] as? [Any])?.isEmpty == true)
  }

  @Test("github prints one annotation per line")
  func github() async throws {
    let result = try await binary.run(["validate", "--format", "github", "flows/größen, 1.yaml", "two.yaml"])
    #expect(result.exit == 78)
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0].hasPrefix("::error file=flows/größen%2C 1.yaml,line=5,col=19,title=E0501::GenerateFlowFile 'käse': unknown property 'größe'"))
    #expect(lines[2] == "::error file=two.yaml,line=4,col=5,title=E0202::processor 'begin': unknown key 'tpye'; did you mean 'type'?")
    #expect(try await binary.run(["validate", "--format", "github", "valid.yaml"]).output.isEmpty)
  }

  @Test("a bounded loop is a note, not a problem")
  func note() async throws {
    let (list, exit) = try await list([BuiltBinary.flow("fitbit")])
    #expect(exit == 0)
    #expect(list.allSatisfy { $0["severity"] as? String == "note" && $0["code"] as? String == "N0401" && $0["line"] is Int })
  }

  @Test("text is unchanged and goes to standard error")
  func text() async throws {
    let result = try await binary.run(["validate", "two.yaml"])
    #expect(result.exit == 78 && result.output.isEmpty)
    #expect(result.errors == "two.yaml:4:5: error: processor 'begin': unknown key 'tpye'; did you mean 'type'?\n1 problem\n")
  }

  private static func run(_ result: BuiltBinary.Result) throws -> [String: Any] {
    let log = try result.json()
    #expect(log["version"] as? String == "2.1.0")
    let run = try #require((log["runs"] as? [[String: Any]])?.first)
    let driver = try #require((run["tool"] as? [String: Any])?["driver"] as? [String: Any])
    #expect(driver["name"] as? String == "flowrun")
    #expect((driver["rules"] as? [[String: Any]])?.contains { $0["id"] as? String == "E0501" } == true)
    return run
  }
}
