import FlowCore
import FlowSimulator
import FlowTesting
import Testing

@Suite("The shipped flow again", .serialized)
struct RerunTests {
  @Test("a second run right after the first makes few requests and changes nothing")
  func changesNothing() throws {
    let flow = try WholeFlow(participants: 6, days: 2)
    let first = try flow.drive(seed: 1)
    #expect(first.isComplete, "\(first)")
    let image = try flow.image()
    #expect(image.data.differences(from: DatabaseImage(flow.truth)) == [])
    let requests = flow.simulator.statistics.totalRequests
    let second = try flow.drive(seed: 2, start: first.ended + .seconds(60))
    #expect(second.isComplete, "\(second)")
    #expect(try flow.image().differences(from: image) == [])
    #expect(flow.simulator.statistics.totalRequests - requests <= 4 * 6)
  }

  @Test("later runs collect what is new, in any order of events", arguments: [("fitbit", 1), ("fitbit", 2), ("fitbit", 3), ("google-health", 4)] as [(String, UInt64)])
  func laterRuns(_ name: String, _ seed: UInt64) throws {
    let flow = try WholeFlow(flow: name)
    var start = WholeFlow.firstStart
    for hours in [0, 9, 26] {
      try flow.simulator.advance(by: .seconds(hours * 3600))
      start = start + .seconds(hours * 3600)
      let run = try flow.drive(seed: seed, start: start)
      #expect(run.isComplete, "\(run)")
      #expect(try flow.image().data.differences(from: DatabaseImage(flow.truth)) == [])
      #expect(try LedgerCheck(flow.database).seams() == [])
      start = run.ended
    }
  }
}
