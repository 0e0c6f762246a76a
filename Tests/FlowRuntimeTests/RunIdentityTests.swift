import FlowCore
import FlowTesting
import Testing

@testable import FlowRuntime

@Suite("A run's id")
struct RunIdentityTests {
  @Test("says when the run began, and differs from those of runs that began in the same second on other hosts")
  func differs() {
    let instant = Instant(seconds: 1_772_000_000)
    let ids = (1...200 as ClosedRange<UInt64>).map { RunIdentity.make(at: instant, SeededRandomSource(seed: $0)) }
    #expect(Set(ids).count == 200)
    #expect(ids.allSatisfy { RunIdentity.start(of: $0) == instant && $0.wholeMatch(of: #/20260225T061320Z-[0-9a-f]{6}/#) != nil }, "\(ids[0])")
  }

  @Test("of an earlier version says when the run began, too; another text does not")
  func earlier() {
    #expect(RunIdentity.start(of: "20260225T061320Z-7e1c") == Instant(seconds: 1_772_000_000))
    #expect(RunIdentity.start(of: "run-1") == nil)
  }
}
