import FlowCore
import FlowSimulator
import FlowTesting
import GRDB
import Testing

/// Daily totals alone, against the simulator's truth.
@Suite("The steps flows", .serialized)
struct StepsFlowTests {
  private static let table = "fitbit_daily_activity"

  private static func expectTruth(_ flow: WholeFlow, _ about: String = "") throws {
    let image = try flow.image(), truth = DatabaseImage(flow.truth)
    #expect(image.rows[table] == truth.rows[table], "\(about)")
    let ledger = try LedgerCheck(flow.database)
    let seams = try ledger.seams(), unwritten = try ledger.unwritten()
    #expect(seams == [] && unwritten == [], "\(about)")
  }

  @Test("the totals are collected; a second run asks little and changes nothing", arguments: WholeFlow.steps)
  func wholeTruth(_ name: String) throws {
    let flow = try WholeFlow(participants: 6, days: 4, flow: name)
    let first = try flow.drive(seed: 1)
    #expect(first.isComplete, "\(first)")
    try Self.expectTruth(flow)
    let image = try flow.image()
    let requests = flow.simulator.statistics.totalRequests
    let second = try flow.drive(seed: 2, start: first.ended + .seconds(60))
    #expect(second.isComplete, "\(second)")
    #expect(flow.simulator.statistics.totalRequests - requests <= 4 * 6)
    #expect(try flow.image().differences(from: image) == [])
    try Self.expectModel(flow)
  }

  /// The model has the steps of every day that has any.
  private static func expectModel(_ flow: WholeFlow) throws {
    var configuration = Configuration()
    configuration.readonly = true
    let (model, rows) = try DatabaseQueue(path: flow.database, configuration: configuration).read { database in
      (
        try String.fetchAll(database, sql: "SELECT participant || ' ' || day || ' ' || coalesce(steps, '-') FROM fct_steps ORDER BY 1"),
        try String.fetchAll(database, sql: "SELECT name || ' ' || date || ' ' || coalesce(steps, '-') FROM fitbit_daily_activity JOIN participant USING (participant_id) ORDER BY 1")
      )
    }
    #expect(Set(model).isSubset(of: rows) && model.filter { !$0.hasSuffix("-") } == rows.filter { !$0.hasSuffix("-") })
  }

  @Test("later syncs bring later days, and days of which the totals have changed", arguments: zip(WholeFlow.steps, [1, 2] as [UInt64]))
  func laterSyncs(_ name: String, _ seed: UInt64) throws {
    let flow = try WholeFlow(participants: 6, days: 2, flow: name, configure: { $0.seed = seed })
    var start = WholeFlow.firstStart
    for hours in [0, 9, 26] {
      try flow.simulator.advance(by: .seconds(hours * 3600))
      start = start + .seconds(hours * 3600)
      let run = try flow.drive(seed: seed, start: start)
      #expect(run.isComplete, "\(run)")
      try Self.expectTruth(flow, "\(name) +\(hours) h")
      try Self.expectModel(flow)
      start = run.ended
    }
  }

  @Test("in the database of the whole flow nothing is asked twice, and no column is blanked", arguments: zip(WholeFlow.steps, WholeFlow.shipped))
  func sharedDatabase(_ steps: String, _ whole: String) async throws {
    let flow = try WholeFlow(participants: 3, days: 2, flow: whole)
    let first = try flow.drive(seed: 1)
    #expect(first.isComplete, "\(first)")
    let image = try flow.image(leavingOut: ["run", "flowfile"])
    let requests = flow.simulator.statistics.requests
    let own = try flow.sharing(steps)
    let second = try own.drive(seed: 2, start: first.ended + .seconds(60))
    #expect(second.isComplete, "\(second)")
    let asked = flow.simulator.statistics.requests.merging(requests) { $0 - $1 }.filter { $0.value > 0 }
    #expect(Set(asked.keys).isSubset(of: ["token", "devices", "profile", "paired-devices", "settings", "identity"]), "\(asked)")
    #expect(try flow.image(leavingOut: ["run", "flowfile"]).differences(from: image) == [])
  }
}
