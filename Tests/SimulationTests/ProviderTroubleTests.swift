import FlowCore
import FlowEngine
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

/// Seeds 1 to 4; `Seeds` says how to choose others.
@Suite("The shipped flow and a provider that fails a third of the time", .serialized)
struct ProviderTroubleTests {
  private static let seeds = Seeds.chosen(usual: 4)

  @Test("repeated runs converge to the complete data; no request is sent for a participant who must wait", .timeLimit(.minutes(180)))
  func converges() throws {
    var count = 0
    for seed in Self.seeds {
      let again: Comment = "again with: FLOWRUN_SEED=\(seed) swift test --filter SimulationTests.ProviderTroubleTests"
      let flow = try WholeFlow(flow: WholeFlow.shipped[Int(seed % UInt64(WholeFlow.shipped.count))], losesAnswers: true)
      let trouble = ProviderTrouble(seed: seed, share: 0.3)
      var run = try flow.drive(seed: seed, trouble: trouble)
      var runCount = 1
      while !run.isComplete, runCount < 15 {
        try expectNothingWrong(flow, run, again)
        runCount += 1
        run = try flow.drive(seed: seed &+ UInt64(runCount), start: run.ended + .seconds(3600), trouble: trouble)
      }
      #expect(run.isComplete, "not after \(runCount) runs; \(again)\n\(run)")
      #expect(try flow.image().data.differences(from: DatabaseImage(flow.truth)) == [], again)
      #expect(try LedgerCheck(flow.database).seams() == [], again)
      #expect(try LedgerCheck(flow.database).uncovered(flow.truth) == [], again)
      #expect(trouble.askedTooEarly == [], again)
      count += trouble.count
    }
    #expect(count > Self.seeds.count, "trouble befalls somebody")
  }

  @Test("a token response lost twice in a row costs no token, and the run continues", arguments: WholeFlow.shipped)
  func lostTwice(_ name: String) async throws {
    let flow = try WholeFlow(flow: name, losesAnswers: true)
    let trouble = ProviderTrouble(seed: 1, share: 0, firstTokenAnswersLost: 2)
    let run = try flow.drive(seed: 1, trouble: trouble)
    #expect(run.isComplete, "\(run)")
    #expect(try flow.image().data.differences(from: DatabaseImage(flow.truth)) == [])
    let lost = try await flow.lostTokens()
    #expect(lost == [])
  }

  private func expectNothingWrong(_ flow: WholeFlow, _ run: WholeRun, _ again: Comment) throws {
    #expect(run.result?.flowfiles.isBalanced != false, again)
    #expect(run.failure == nil && run.report?.stopped == nil, "\(again)\n\(run)")
    guard let image = try flow.imageIfAny() else { return }
    #expect(image.data.untrueRows(DatabaseImage(flow.truth)) == [], again)
    let ledger = try LedgerCheck(flow.database)
    #expect(try ledger.unfounded() == [], again)
    #expect(try ledger.seams() == [], again)
    #expect(try ledger.uncovered(flow.truth, of: ledger.known()) == [], again)
  }
}
