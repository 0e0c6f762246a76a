import FlowSimulator
import Foundation
import Testing

@Suite("flowrun graph")
struct GraphCommandTests {
  @Test("draws a flow in each format without its batch, and with --last the counts of the last run", .timeLimit(.minutes(5)))
  func formats() async throws {
    let study = try await Study(participants: 3, days: 1)
    for (format, part) in [("text", "read token file  ReadTokenFile"), ("mermaid", "subgraph"), ("dot", "subgraph cluster_1"), ("svg", "<svg xmlns=")] {
      let result = try await study.flowrun(["graph"], ["--format", format])
      #expect(result.exit == 0 && result.output.contains(part), "\(format): \(result.errors)")
    }
    let without = try await study.flowrun(["graph"], ["--last"])
    #expect(without.exit == 64 || without.exit == 78, "\(without.exit)")
    #expect(without.errors.contains("flowrun ") && without.output.isEmpty, "\(without.errors)")

    let (run, report) = try await study.run()
    #expect(run.exit == 0)
    let rows = try #require((report["processors"] as? [[String: Any]])?.first { $0["name"] as? String == "read token file" }?["sent"] as? [String: Int])
    let sent = try #require(rows["success"])
    let last = try await study.flowrun(["graph"], ["--last"])
    #expect(last.exit == 0 && last.output.contains("success → refresh token  \(sent)"), "\(last.output)\(last.errors)")
    await study.simulator.stop()
  }
}
