import FlowSimulator
import Foundation
import Testing

@Suite("Later syncs")
struct LaterSyncTests {
  @Test("each run collects what is new and revises what was not over", .timeLimit(.minutes(5)))
  func clockMovesOn() async throws {
    let study = try await Study(participants: 10, days: 3)
    #expect(try await study.run().result.exit == 0)
    try study.collected().expectEqual(to: study.truth)
    for hours in [9, 26] {
      try study.simulator.advance(by: .seconds(hours * 3600))
      let (result, report) = try await study.run()
      #expect(result.exit == 0, "\(result.errors)")
      let rows = try #require(report["rows"] as? [String: [String: Int]])
      #expect((rows["fitbit_intraday_steps"]?["inserted"] ?? 0) > 0)
      #expect(rows["fitbit_intraday_steps"]?["updated"] == 0, "a minute that was over does not change")
      #expect((rows["fitbit_daily_activity"]?["updated"] ?? 0) > 0, "a day that was not over is revised")
      try study.collected().expectEqual(to: study.truth)
      try study.collected().expectContiguousLedger()
    }
    await study.simulator.stop()
  }

  @Test("a run right after the last makes at most four requests per participant")
  func cheapRerun() async throws {
    let study = try await Study(participants: 6)
    #expect(try await study.run().result.exit == 0)
    let before = study.simulator.statistics.totalRequests
    #expect(try await study.run().result.exit == 0)
    #expect(study.simulator.statistics.totalRequests - before <= 4 * 6)
    #expect(study.simulator.statistics.requests["token"] == 6, "a living access token is kept")
    await study.simulator.stop()
  }
}
