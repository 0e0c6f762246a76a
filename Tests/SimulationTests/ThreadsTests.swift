import FlowCore
import FlowEngine
import FlowTesting
import StudyModel
import Testing

@Suite("The shipped flow on many threads", .serialized)
struct ThreadsTests {
  @Test("eight participants in flight are collected row for row", .timeLimit(.minutes(10)))
  func eightInFlight() async throws {
    let flow = try WholeFlow(participants: 8, days: 2)
    let run = try await flow.runOnThreads()
    #expect(run.isComplete, "\(run)")
    #expect(run.result?.flowfiles.isBalanced == true)
    #expect(try flow.image().data.differences(from: DatabaseImage(flow.truth)) == [])
    let ledger = try LedgerCheck(flow.database)
    #expect(try ledger.seams() == [])
    #expect(try ledger.unwritten() == [])
    #expect(try ledger.uncovered(flow.truth) == [])
    let lost = try await flow.lostTokens()
    #expect(lost == [])
  }
}
