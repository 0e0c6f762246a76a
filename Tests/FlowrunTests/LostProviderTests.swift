import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import Testing

@Suite("A provider that is lost in the middle stops the run")
struct LostProviderTests {
  @Test("69 within a minute, no entry, what is left is deferred; once it is back the next run has everything", .timeLimit(.minutes(5)), arguments: ["fitbit", "google-health"])
  func lost(_ flow: String) async throws {
    let study = try await Study(participants: 12, days: 6, flow: flow) {
      $0.faults = [Fault(.slow(milliseconds: 200), share: 0.3)]
      // A provider that dies after it rotated a token, and before it said so, has to repeat itself once it is back.
      $0.refreshGraceSeconds = 3600
    }
    let time = DispatchTimeSource()
    let died = Locked(Duration.zero)
    let result = try await study.flowrun { _ in
      try await waitUntil { study.simulator.statistics.totalRequests >= 60 }
      await study.simulator.stop()
      died.withLock { $0 = time.monotonic }
    }
    #expect(result.exit == 69, "\(result.errors)\(result.output)")
    #expect(time.monotonic - died.withLock { $0 } < .seconds(75))
    #expect(result.errors.split(separator: "\n").count { $0.contains("can no longer be reached") } == 1, "\(result.errors)")
    #expect(try study.files(below: "errors").filter { $0 != ".check" } == [], "nobody is to blame")

    try await study.restart()
    let (last, _) = try await study.run()
    #expect(last.exit == 0, "\(last.errors)")
    try study.collected().expectEqual(to: study.truth)
    try study.collected().expectContiguousLedger()
    await study.simulator.stop()
  }

  @Test("403 for every participant is a fault of the application: 69, one message, no entry", .timeLimit(.minutes(5)), arguments: ["fitbit", "google-health"])
  func refusesEverybody(_ flow: String) async throws {
    let study = try await Study(participants: 8, days: 1, flow: flow)
    #expect(try await study.run(["--only", "P0001"]).result.exit == 0)
    try await study.restart { $0.faults = [Fault(.status(403), share: 1)] }
    // The tokens are answered, the data are not.
    let result = try await study.flowrun()
    #expect(result.exit == 69 || result.exit == 75, "\(result.errors)\(result.output)")
    try await study.restart()
    let (last, _) = try await study.run()
    #expect(last.exit == 0, "after exit \(result.exit): \(result.errors)\n\(last.errors)\(last.output)")
    try study.collected().expectEqual(to: study.truth)
    await study.simulator.stop()
  }
}
