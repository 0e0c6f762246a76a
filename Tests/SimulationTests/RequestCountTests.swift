import FlowCore
import FlowSimulator
import FlowTesting
import Testing

/// What a provider counts, and what a study may ask of it. The simulator refuses ranges that the provider refuses.
@Suite("Requests for a participant", .serialized)
struct RequestCountTests {
  private struct Asked {
    var kinds: [String: Int] = [:]
    var total: Int { kinds.values.reduce(0, +) }
    /// Pages of samples, which no range can spare.
    var samples: Int { kinds["heart-rate:reconcile"] ?? 0 }
  }

  /// Runs once and returns what it asked for.
  private static func asked(_ flow: WholeFlow, seed: UInt64, at start: Instant, hasOtherTables: Bool = false) throws -> (asked: Asked, ended: Instant) {
    let before = flow.simulator.statistics.requests
    let run = try flow.drive(seed: seed, start: start)
    #expect(run.isComplete, "\(run)")
    if !hasOtherTables {
      #expect(try flow.image().data.differences(from: DatabaseImage(flow.truth)) == [])
      #expect(try LedgerCheck(flow.database).unfounded() == [])
    }
    #expect(try LedgerCheck(flow.database).seams() == [] && (try LedgerCheck(flow.database).unwritten()) == [])
    let after = flow.simulator.statistics
    #expect(after.requests["unknown"] == nil && after.statuses[400] == nil, "no range is refused")
    return (Asked(kinds: after.requests.merging(before) { $0 - $1 }.filter { $0.value > 0 }), run.ended)
  }

  @Test(
    "a backfill, on average of a day",
    arguments: [("google-health", "1sec", 14, 11), ("google-health", "1min", 30, 1.5), ("fitbit", "1min", 30, 3.3)] as [(String, String, Int, Double)])
  func backfill(_ name: String, _ detail: String, days: Int, most: Double) throws {
    let participants = 2
    let flow = try WholeFlow(participants: participants, days: days, flow: name, detail: detail)
    let (asked, _) = try Self.asked(flow, seed: 1, at: WholeFlow.firstStart)
    let each = Double(asked.total) / Double(participants * days)
    #expect(each <= most, "\(each): \(asked.kinds.sorted { $0.value > $1.value })")
  }

  @Test(
    "a nightly run with what it reads again, beside pages of samples",
    arguments: [("google-health", "1sec", 18), ("google-health", "1min", 19), ("fitbit", "1min", 16), ("google-health-nightly", "", 28), ("fitbit-nightly", "", 25), ("google-health-extract", "1min", 45), ("fitbit-extract", "1min", 60)] as [(String, String, Int)])
  func nightly(_ name: String, _ detail: String, most: Int) throws {
    let participants = 2
    let flow = try WholeFlow(participants: participants, days: 9, flow: name, detail: detail)
    let hasOtherTables = !WholeFlow.shipped.contains(name)
    var start = try Self.asked(flow, seed: 1, at: WholeFlow.firstStart, hasOtherTables: hasOtherTables).ended
    for night in 1...2 {
      try flow.simulator.advance(by: .seconds(86_400))
      start = start + .seconds(86_400)
      let (asked, ended) = try Self.asked(flow, seed: UInt64(1 + night), at: start, hasOtherTables: hasOtherTables)
      start = ended
      let each = Double(asked.total - asked.samples) / Double(participants)
      #expect(each <= Double(most), "night \(night): \(each) \(asked.kinds.sorted { $0.value > $1.value })")
      }
  }
}
