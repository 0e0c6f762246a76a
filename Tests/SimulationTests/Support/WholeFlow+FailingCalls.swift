import FlowCore
import FlowTesting
import Testing

extension WholeFlow {
  /// Runs in which calls fail, once or always, as the seed says; then one without, after which nothing may be wrong and no token lost.
  static func failingCalls(_ name: String, _ seed: UInt64, then expectTruth: (WholeFlow, String) throws -> Void) async throws {
    let counting = FaultPlan()
    let clean = try WholeFlow(participants: 2, days: 2, flow: name, losesAnswers: true).drive(seed: 1, faults: counting)
    #expect(clean.isComplete, "\(clean)")
    let fault = FaultCase(seed: seed, flow: name, calls: counting.calls)
    let flow = try WholeFlow(participants: 2, days: 2, flow: name, losesAnswers: true)
    var start = WholeFlow.firstStart
    for item in fault.faults {
      let run = try flow.drive(seed: seed, start: start, faults: item.plan)
      start = run.ended + .seconds(60)
    }
    let last = try flow.drive(seed: seed + 1, start: start)
    #expect(last.isComplete, "\(fault)\n\(last)")
    try expectTruth(flow, "\(fault)")
    let lost = try await flow.lostTokens()
    #expect(lost == [], "\(fault)")
  }
}
