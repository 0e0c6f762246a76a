import FlowCore
import StudyModel
import Testing

@testable import FlowRuntime

@Suite("Why a run's steps are not known")
struct TraceGapTests {
  private static func words(
    run: String = "20260105T120000Z-0001", hasFile: Bool = false, status: RunSummary.Status? = nil, pruned: String? = nil, crowdedOut: String? = nil
  ) -> String {
    TraceGap(
      run: run, state: "state", now: Instant(seconds: 1_767_700_800), hasFile: hasFile, status: status,
      removed: ProvenanceFolder.Removed(pruned: pruned, crowdedOut: crowdedOut)
    ).words
  }

  @Test("is told by what is known of the run and of what was removed")
  func reasons() {
    #expect(Self.words(run: "20251101T120000Z-0001", pruned: "2026-01-06T00:00:00Z") == "they are kept for 30 days, and run 20251101T120000Z-0001 is older")
    #expect(Self.words(pruned: "2026-01-06T00:00:00Z") == "'flowrun runs prune' has removed them, with all that was written before 2026-01-06T00:00:00Z")
    #expect(Self.words(crowdedOut: "20260105T130000Z-0001") == "the last 1 GB are kept, and later runs needed the room")
    let elsewhere = "the state folder state has no steps of run 20260105T120000Z-0001: name with --state the one that it ran with"
    #expect(Self.words() == elsewhere)
    // Both were removed before the run began.
    #expect(Self.words(pruned: "2026-01-05T11:00:00Z", crowdedOut: "20260105T110000Z-0001") == elsewhere)
    #expect(Self.words(hasFile: true, status: .interrupted).contains("did not end by itself"))
    #expect(Self.words(hasFile: true, status: .running).contains("still under way"))
    #expect(Self.words(hasFile: true, status: .complete).hasSuffix("flowrun runs show 20260105T120000Z-0001"))
  }
}
