import FlowTesting
import Foundation
import GRDB
import Testing

@Suite("flowrun new")
struct NewCommandTests {
  @Test("the starter flow is valid, runs on the simulator and writes rows, under the name of its file", .timeLimit(.minutes(5)))
  func runs() async throws {
    let binary = try BuiltBinary()
    let made = try await binary.run(["new", "my-steps.yaml"])
    #expect(made.exit == 0 && made.output.isEmpty, "\(made.errors)")
    #expect(made.errors.contains("flowrun my-steps.yaml"))
    #expect(try String(contentsOfFile: binary.folder.path("my-steps.yaml"), encoding: .utf8).hasSuffix("errors }\n"))
    let valid = try await binary.run(["validate", "my-steps.yaml"])
    #expect(valid.exit == 0, "\(valid.errors)")
    let run = try await binary.run(["my-steps.yaml", "--format", "json"])
    #expect(run.exit == 0 || run.exit == 65, "\(run.errors)\(run.output)")
    #expect(try run.json()["flow"] as? String == "my-steps")
    let database = try DatabaseQueue(path: binary.folder.path("simulated/my-steps.sqlite"))
    let rows = try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM daily_steps WHERE steps > 0 AND distance > 0") }
    #expect(rows ?? 0 > 0)
  }

  @Test("a file that exists is left alone, and without a file the flow goes to standard output")
  func leavesAlone() async throws {
    let binary = try BuiltBinary()
    try binary.write("mine", to: "taken.yaml")
    let refused = try await binary.run(["new", "taken.yaml"])
    #expect(refused.exit == 64 && refused.errors.contains("exists already"), "\(refused.errors)")
    #expect(try String(contentsOfFile: binary.folder.path("taken.yaml"), encoding: .utf8) == "mine")
    #expect(try await binary.run(["new", "no/such/folder.yaml"]).exit == 1)
    let printed = try await binary.run(["new"])
    #expect(printed.exit == 0 && printed.output.contains("flow: starter\n") && printed.errors.isEmpty)
    try binary.write(printed.output, to: "printed.yaml")
    #expect(try await binary.run(["validate", "printed.yaml"]).exit == 0)
  }
}
