import FlowCore
import FlowErrors
import FlowFileSystem
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import StudyParticipants
import Testing

/// The power goes at a call of a seed's choice: what was not synchronised is lost, and nothing after the call was done. The next run has
/// everything all the same.
///
/// Seeds 1 to 24; `Seeds` says how to choose others.
@Suite("The shipped flow and power cuts", .serialized)
struct PowerCutTests {
  @Test("a cut anywhere loses no token and no row, and leaves no half entry", .timeLimit(.minutes(120)))
  func anywhere() async throws {
    var cuts = 0
    var clean: [String: (calls: Int, image: DatabaseImage)] = [:]
    for seed in Self.seeds {
      let name = WholeFlow.all[Int(seed % UInt64(WholeFlow.all.count))]
      if clean[name] == nil { clean[name] = try Self.cleanRun(name) }
      guard let clean = clean[name] else { continue }
      do {
        cuts += try await check(seed, name, calls: clean.calls, clean.image)
      } catch {
        Issue.record("\(error); \(Self.again(seed, name))")
      }
    }
    print("PowerCutTests: the power was cut \(cuts) times with \(Self.seeds.count) seeds")
  }

  private static let seeds = Seeds.chosen(usual: 24)

  private static func again(_ seed: UInt64, _ name: String) -> Comment {
    "seed \(seed), \(name); again with: FLOWRUN_SEED=\(seed) swift test --filter SimulationTests.PowerCutTests"
  }

  /// How many calls there are, and what is collected.
  private static func cleanRun(_ name: String) throws -> (calls: Int, image: DatabaseImage) {
    let faults = FaultPlan()
    let flow = try WholeFlow(flow: name)
    let run = try flow.drive(seed: 1, faults: faults)
    try #require(run.isComplete, "\(run)")
    return (faults.callCount, try flow.image().withoutLedger)
  }

  /// One to three runs that the power ends, then one that it does not. Returns how often it was cut.
  private func check(_ seed: UInt64, _ name: String, calls: Int, _ expected: DatabaseImage) async throws -> Int {
    let dice = SeededRandomSource(seed: seed)
    // A pair that was answered and not yet on the disk is gone with the power: only a grace of the provider saves it.
    let flow = try WholeFlow(flow: name, losesAnswers: true)
    let again = Self.again(seed, name)
    let cuts = 1 + Int(dice.next() % 3)
    var start = WholeFlow.firstStart
    for number in 0..<cuts {
      let call = 1 + Int(dice.next() % UInt64(calls))
      let disk = try PowerCutFileSystem(POSIXFileSystem(), root: flow.folder.path)
      let plan = FaultPlan()
      disk.losePower(at: call, of: plan)
      let run = try flow.drive(seed: seed &+ UInt64(number) &* 1000, start: start, faults: plan, on: disk)
      try disk.cutPower(seed: dice.next())
      try await expectNothingWrong(flow, again)
      if try PowerCutChecks.complete(flow).contains(run.run) {
        #expect(try flow.image().withoutLedger.differences(from: expected) == [], again)
      }
      start = run.ended + .seconds(60)
    }
    let clean = try flow.drive(seed: seed &+ 1, start: start)
    #expect(clean.isComplete, "\(again)\n\(clean)")
    #expect(try flow.image().withoutLedger.differences(from: expected) == [], again)
    let ledger = try LedgerCheck(flow.database)
    #expect(try ledger.seams() == [], again)
    #expect(try ledger.unwritten() == [], again)
    #expect(try await flow.errorListing().damaged.map(\.path) == [], again)
    let lost = try await flow.lostTokens()
    #expect(lost == [], again)
    return cuts
  }

  private func expectNothingWrong(_ flow: WholeFlow, _ again: Comment) async throws {
    #expect(try await flow.errorListing().damaged.map(\.path) == [], again)
    try PowerCutChecks.expectLedgerBehindFiles(flow, again)
  }
}
