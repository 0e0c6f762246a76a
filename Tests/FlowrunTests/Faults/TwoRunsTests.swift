import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("Two runs on one batch at once")
struct TwoRunsTests {
  enum Before: String, CaseIterable, Sendable {
    case nothing, emptyFile, killedWhileTablesWereMade, killedAfterTheyWereMade, collected
  }

  @Test("no token is lost, no row is duplicated, and each reports what it left to the other", .timeLimit(.minutes(5)), arguments: Before.allCases, ShippedFlow.allCases)
  func atOnce(_ before: Before, _ shipped: ShippedFlow) async throws {
    let study = try await Study(participants: 6, days: 1, flow: shipped.rawValue) { configuration in
      configuration.faults = [Fault(.slow(milliseconds: 80), share: 1)]
      if before == .killedAfterTheyWereMade { configuration.refreshGraceSeconds = 120 }
    }
    func kill(_ rule: String) async throws {
      #expect(try await study.flowrun(["run"], ["-q"], environment: ["FLOWRUN_INTERFERENCE": rule]).exit == 9)
    }
    switch before {
    case .nothing: break
    case .emptyFile: try Data().write(to: URL(filePath: study.database))
    case .killedWhileTablesWereMade: try await kill("kill before sql.commit * 1")
    case .killedAfterTheyWereMade: try await kill("kill before sql.committed * 3")
    case .collected:
      #expect(try await study.run().result.exit == 0)
      try study.simulator.advance(by: .seconds(9 * 3600))
    }
    async let left = study.run()
    async let right = study.run()
    let runs = [try await left, try await right]
    var complete = 0
    for (result, report) in runs {
      #expect([0, 75].contains(result.exit), "\(result.exit) \(result.errors)")
      let deferred = report.number("participants", "deferred") ?? 0
      complete += report.number("participants", "complete") ?? 0
      #expect(deferred == 0 || result.errors.contains("held by another run, left to it"), "\(result.errors)")
      #expect((result.exit == 75) == (deferred > 0), "\(report)")
      #expect(report.number("errors", "count") == 0, "\(result.errors)")
    }
    #expect(complete >= 6, "everybody was collected by one of them")
    // Between them they have collected everything, before any third run.
    try await study.expectEverything("\(runs.map(\.result.errors))")
    await study.simulator.stop()
  }
}
