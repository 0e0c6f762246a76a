import FlowCore
import FlowErrors
import FlowFileSystem
import FlowTesting
import Foundation
import StudyModel
import StudyParticipants
import Testing

/// A run collects what an earlier one could not, and its power goes at every call in turn, from its first commit of rows to its last words:
/// whatever it has given up by then rests on commits that are still there.
@Suite("The end of a run and power cuts", .serialized)
struct RunEndPowerCutTests {
  /// One run that a bad provider troubles, so that there are entries, and one that makes up for it.
  private static func troubled(_ seed: UInt64) throws -> (flow: WholeFlow, next: Instant) {
    let flow = try WholeFlow(participants: 2, losesAnswers: true)
    let trouble = ProviderTrouble(seed: seed, [.html, .failed], share: 0.85, sparesTokens: true)
    let run = try flow.drive(seed: seed, trouble: trouble)
    return (flow, run.ended + .seconds(60))
  }

  private struct Expected {
    var image: DatabaseImage
    var syncs: [String: Instant]
  }

  @Test("nothing that was given up is missing, and the next run completes it", .timeLimit(.minutes(60)))
  func atAnyCall() async throws {
    let seed: UInt64 = 3
    let whole = try Self.troubled(seed)
    let faults = FaultPlan()
    let entries = try await whole.flow.errorListing().entries
    try #require(entries.contains { $0.slice != nil }, "no slice has failed: choose another seed")
    let run = try whole.flow.drive(seed: seed, start: whole.next, faults: faults)
    try #require(run.isComplete, "\(run)")
    #expect(try await whole.flow.errorListing().entries.count == 0)
    let expected = Expected(image: try whole.flow.image().withoutLedger, syncs: try PowerCutChecks.previousSyncs(whole.flow))
    // Usually every seventh call of the second half; with FLOWRUN_SOAK all.
    let step = ProcessInfo.processInfo.environment["FLOWRUN_SOAK"] == nil ? 7 : 1
    var gone = 0, complete = 0
    // The last ones in any case: only they leave a run that calls itself complete.
    let calls = Set(stride(from: faults.callCount / 3, to: faults.callCount, by: step)).union([faults.callCount, faults.callCount + 1])
    for call in calls.sorted() {
      let (isComplete, removed) = try await check(call: call, of: faults.callCount, seed, expected)
      complete += isComplete ? 1 : 0
      gone += removed
    }
    #expect(gone > 0 && complete > 0, "\(gone) entries gone, \(complete) runs complete")
  }

  @Test("without the fsync of the log these tests would find what is missing", .timeLimit(.minutes(20)))
  func forgotten() async throws {
    let seed: UInt64 = 3
    let whole = try Self.troubled(seed)
    let faults = FaultPlan()
    _ = try whole.flow.drive(seed: seed, start: whole.next, faults: faults)
    var found = 0
    for call in stride(from: faults.callCount / 2, through: faults.callCount, by: 11) {
      let (flow, start) = try Self.troubled(seed)
      let disk = try PowerCutFileSystem(POSIXFileSystem(), root: flow.folder.path, ignoresLogs: true)
      let faults = FaultPlan()
      disk.losePower(at: call, of: faults)
      _ = try flow.drive(seed: seed, start: start, faults: faults, on: disk)
      try disk.cutPower(seed: UInt64(call))
      found += try PowerCutChecks.unsettled(flow).isEmpty ? 0 : 1
    }
    #expect(found > 0)
  }

  private func check(call: Int, of count: Int, _ seed: UInt64, _ expected: Expected) async throws -> (isComplete: Bool, removed: Int) {
    let comment: Comment = "call \(call) of \(count)"
    let (flow, start) = try Self.troubled(seed)
    let before = try await flow.errorListing().entries
    let disk = try PowerCutFileSystem(POSIXFileSystem(), root: flow.folder.path)
    let faults = FaultPlan()
    if call <= count { disk.losePower(at: call, of: faults) }
    let run = try flow.drive(seed: seed, start: start, faults: faults, on: disk)
    try disk.cutPower(seed: UInt64(call))
    try PowerCutChecks.expectLedgerBehindFiles(flow, comment)
    let removed = try await PowerCutChecks.expectEntriesAnswered(before, flow, comment)
    let isComplete = try PowerCutChecks.complete(flow).contains(run.run)
    if isComplete { #expect(try flow.image().withoutLedger.differences(from: expected.image) == [], comment) }
    let hasEverything = try flow.imageIfAny()?.withoutLedger == expected.image && LedgerCheck(flow.database).unwritten() == []
    let next = try flow.drive(seed: seed &+ 1, start: run.ended + .seconds(60))
    #expect(next.isComplete, "\(comment): \(next)")
    // Where a group of files was not written yet, the ledger tells the next run; it asks for no data.
    if hasEverything { #expect(next.report?.rows.values.allSatisfy { $0.inserted + $0.updated + $0.unchanged == 0 } == true, "\(comment): \(next)") }
    #expect(try PowerCutChecks.previousSyncs(flow) == expected.syncs, comment)
    #expect(try flow.image().withoutLedger.differences(from: expected.image) == [], comment)
    #expect(try await flow.errorListing().entries.map(\.path) == [], comment)
    return (isComplete, removed)
  }
}
