import FlowTesting
import Foundation
import Testing

/// Checked by jsonschema, another implementation.
@Suite("flowrun schema", .enabled(if: PythonTools.mayRun, "\(PythonTools.remedy)"))
struct SchemaTests {
  struct Finding: Decodable {
    var path: String
    var message: String
  }

  /// What the schema finds in flow files, by name.
  private func findings(_ flows: [String: String]) async throws -> [String: [Finding]] {
    let schema = try await BuiltBinary().run(["schema"])
    #expect(schema.exit == 0, "\(schema.errors)")
    let input = try JSONSerialization.data(withJSONObject: ["schema": schema.output, "flows": flows])
    let answer = try await PythonTools.run("Tests/FlowrunTests/Scripts/check_schema.py", input: Array(input))
    return try JSONDecoder().decode([String: [Finding]].self, from: Data(answer))
  }

  private static func shippedFlows() throws -> [String: String] {
    let folder = BuiltBinary.repository.appending(path: "Flows")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") && !$0.hasSuffix("_test.yaml") }
    return Dictionary(uniqueKeysWithValues: try names.map { ($0, try String(contentsOf: folder.appending(path: $0), encoding: .utf8)) })
  }

  @Test("is valid itself, and every shipped flow and the starter flow are valid by it", .timeLimit(.minutes(5)))
  func shipped() async throws {
    var flows = try Self.shippedFlows()
    flows["starter"] = try await BuiltBinary().run(["new"]).output
    let findings = try await findings(flows)
    #expect(findings.count == flows.count && flows.count > 8)
    for (name, found) in findings where !found.isEmpty { Issue.record("\(name): \(found.prefix(3))") }
  }

  /// What is changed in the starter flow, and where the schema finds it.
  static let mistakes: [(String, String, String)] = [
    ("flow: starter", "flwo: starter", ""), ("parameters:\n", "paramters:\n", ""), ("help: Client id", "hlep: Client id", "/parameters/client_id"),
    ("    sensitive: true", "    sensitive: yes please", "/parameters/client_secret/sensitive"), ("path: \"#{database}\"", "pth: \"#{database}\"", "/services/database"),
    ("type: Database", "type: Databse", "/services/database/type"), ("type: DedupeCheck", "type: DedupCheck", "/processors/6/type"),
    ("ledger: database }", "leger: database }", "/processors/0/properties"), ("retry: { attempts: 3", "retry: { atempts: 3", "/processors/6/retry"),
    ("needs_consent: errors", "need_consent: errors", "/processors/1/to"), ("step: 1d", "stp: 1d", "/processors/3/properties/slices/0"),
    ("kind: integer", "kind: intger", "/processors/5/properties/columns/steps/kind"), ("backoff: 1s", "backoff: soon", "/processors/2/retry/backoff"),
    ("required: true", "required: perhaps", "/processors/5/properties/columns/date/required"),
  ]

  @Test("finds a misspelt key, type, relationship or choice, and a value of another form, where it is", .timeLimit(.minutes(5)))
  func mistakes() async throws {
    let starter = try await BuiltBinary().run(["new"]).output
    let flows = Dictionary(
      uniqueKeysWithValues: try Self.mistakes.map { old, new, _ in
        try #require(starter.contains(old), "\(old)")
        return (new, starter.replacing(old, with: new, maxReplacements: 1))
      })
    let findings = try await findings(flows)
    for (_, new, path) in Self.mistakes {
      #expect(findings[new]?.contains { $0.path == path } == true, "\(new): \(findings[new] ?? [])")
    }
  }
}
