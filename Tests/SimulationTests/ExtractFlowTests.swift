import FlowCore
import FlowSimulator
import FlowTesting
import Testing

/// Activities with their details and tracks, and the body, against the simulator's truth, row by row.
@Suite("The extract flows", .serialized)
struct ExtractFlowTests {
  private static func expectTruth(_ flow: WholeFlow, _ about: String = "") throws {
    let differences = try ExtractImage(flow.database, as: flow.truth).differences(from: ExtractImage(flow.truth))
    #expect(differences == [], "\(about)")
    let ledger = try LedgerCheck(flow.database)
    let seams = try ledger.seams(), unwritten = try ledger.unwritten()
    #expect(seams == [] && unwritten == [], "\(about)")
  }

  @Test("everything is collected; a second run asks little and changes nothing", arguments: WholeFlow.extracts)
  func wholeTruth(_ name: String) throws {
    let flow = try WholeFlow(participants: 5, days: 4, flow: name)
    let first = try flow.drive(seed: 1)
    #expect(first.isComplete, "\(first)")
    try Self.expectTruth(flow)
    let truth = ExtractImage(flow.truth)
    let known = name.hasPrefix("google") ? ExtractImage.tables : ExtractImage.tables.subtracting(["fitbit_activity_split"])
    #expect(Set(truth.rows.keys) == known, "the simulated data has rows for every table")
    let image = try flow.image()
    let requests = flow.simulator.statistics.totalRequests
    let second = try flow.drive(seed: 2, start: first.ended + .seconds(60))
    #expect(second.isComplete, "\(second)")
    #expect(flow.simulator.statistics.totalRequests - requests <= 4 * 5)
    #expect(try flow.image().differences(from: image) == [])
    let statistics = flow.simulator.statistics
    #expect(statistics.requests["unknown"] == nil && statistics.statuses[400] == nil && statistics.statuses[403] == nil, "\(statistics)")
  }

  private static func activities(_ flow: WholeFlow) -> Set<String> {
    var rows: Set<String> = []
    for participant in flow.truth.population.participants {
      flow.truth.forEachActivityRow(of: participant) { row in
        if row.table == "fitbit_activity" { rows.insert("\(participant.name) \(row.columns)") }
      }
    }
    return rows
  }

  @Test("later syncs bring what is new, and what people have changed", arguments: zip(WholeFlow.extracts, [1, 2] as [UInt64]))
  func laterSyncs(_ name: String, _ seed: UInt64) throws {
    let flow = try WholeFlow(participants: 6, days: 3, flow: name, configure: { $0.seed = seed })
    var start = WholeFlow.firstStart
    var changed: Set<String> = []
    for hours in [0, 9, 26] {
      let before = Self.activities(flow)
      try flow.simulator.advance(by: .seconds(hours * 3600))
      changed.formUnion(before.subtracting(Self.activities(flow)))
      start = start + .seconds(hours * 3600)
      let run = try flow.drive(seed: seed, start: start)
      #expect(run.isComplete, "\(run)")
      try Self.expectTruth(flow, "\(name) +\(hours) h")
      start = run.ended
    }
    #expect(!changed.isEmpty, "somebody has edited an activity meanwhile")
  }

  @Test("without consent for places there are no tracks, and everything else is there", arguments: WholeFlow.extracts)
  func refusedLocation(_ name: String) throws {
    let flow = try WholeFlow(participants: 3, days: 3, flow: name, configure: { $0.faults = [Fault(.scope(.location), share: 1)] })
    let run = try flow.drive(seed: 1)
    #expect(run.isComplete, "\(run)")
    try Self.expectTruth(flow)
    #expect(try flow.image().rows["fitbit_activity"]?.isEmpty == false && flow.image().rows["fitbit_activity_track"]?.isEmpty == true)
    let kinds = flow.simulator.statistics.requests.keys.filter { $0.contains("track") || $0.contains("Tcx") }
    #expect(kinds.isEmpty, "\(kinds)")
    let lacking = try LedgerCheck(flow.database).lacking("location")
    let expected = name.hasPrefix("google") ? ["activity-positions", "activity-tracks"] : ["activity-laps", "activity-positions", "activity-tracks"]
    #expect(lacking == expected)
  }

  @Test("without positions nobody's places are stored", arguments: WholeFlow.extracts)
  func withoutPositions(_ name: String) throws {
    let flow = try WholeFlow(participants: 3, days: 3, flow: name, edited: { $0.replacing("    default: keep\n", with: "    default: drop\n") })
    let run = try flow.drive(seed: 1)
    #expect(run.isComplete, "\(run)")
    let differences = try ExtractImage(flow.database, as: flow.truth).differences(from: ExtractImage(flow.truth))
    #expect(differences.count == 1 && differences.allSatisfy { $0.hasPrefix("fitbit_activity_position: 0 rows for") }, "\(differences)")
  }

  @Test("trouble at the provider loses nothing: all rows of a slice and its ledger row, or none", arguments: zip(WholeFlow.extracts, [11, 12] as [UInt64]))
  func trouble(_ name: String, _ seed: UInt64) throws {
    let faults = [Fault(.status(500), share: 0.15), Fault(.truncate, share: 0.05), Fault(.html, share: 0.05), Fault(.reset, share: 0.05)]
    let flow = try WholeFlow(participants: 2, days: 3, flow: name, losesAnswers: true, configure: { ($0.seed, $0.faults) = (seed, faults) })
    var run = try flow.drive(seed: seed)
    for round in 0..<12 where !run.isComplete {
      run = try flow.drive(seed: seed + UInt64(round), start: run.ended + .seconds(120))
    }
    #expect(run.isComplete, "\(run)")
    try Self.expectTruth(flow, "seed \(seed)")
  }

  @Test("calls that fail, once or always, leave nothing wrong, and the next run collects the rest", arguments: zip(WholeFlow.extracts + WholeFlow.extracts, [21, 22, 23, 24] as [UInt64]))
  func failingCalls(_ name: String, _ seed: UInt64) async throws {
    try await WholeFlow.failingCalls(name, seed, then: Self.expectTruth)
  }

  @Test("on as many threads as there are", arguments: WholeFlow.extracts)
  func threads(_ name: String) async throws {
    let flow = try WholeFlow(participants: 4, days: 2, flow: name)
    let run = try await flow.runOnThreads()
    #expect(run.isComplete, "\(run)")
    try Self.expectTruth(flow)
  }
}
