import FlowCore
import FlowTesting
import StudyModel
import StudyParticipants
import Testing

@testable import FlowRuntime

@Suite("Participants are paused and resumed together")
struct CollectionChangeTests {
  @Test("each change reports the previous state; an existing state is kept")
  func changes() async throws {
    let bench = try MemoryBatch()
    bench.enrol("P1")
    bench.enrol("P2", #", "state": "paused""#)
    let outcomes = try await CollectionChange(bench.batch, to: .paused).run(["P1", "P2"])
    #expect(outcomes.done == [.init(participant: "P1", before: "active", state: "paused"), .init(participant: "P2", before: "paused", state: "paused")])
    #expect(outcomes.status == .success)
    #expect(try bench.file("P1").collection == .paused)
  }

  @Test("one name that is not in the batch, and no participant is changed")
  func unknown() async throws {
    let bench = try MemoryBatch()
    bench.enrol("P1")
    await #expect(throws: Diagnostics.self) { try await CollectionChange(bench.batch, to: .paused).run(["P1", "P11"]) }
    #expect(try bench.file("P1").collection == .active)
  }

  @Test("a withdrawn participant is resumed only on request")
  func withdrawn() async throws {
    let bench = try MemoryBatch()
    bench.enrol("P1")
    _ = try await Withdrawal(bench.batch, erasesFrom: nil).run(["P1"])
    await #expect(throws: Diagnostics.self) { try await CollectionChange(bench.batch, to: .active).run(["P1"]) }
    #expect(try bench.file("P1").collection == .withdrawn)
    let outcomes = try await CollectionChange(bench.batch, to: .active, revivesWithdrawn: true).run(["P1"])
    #expect(outcomes.done.map(\.before) == ["withdrawn"])
    #expect(try bench.file("P1").collection == .active)
  }

  @Test("a participant leased by another run is left unchanged and named, the others are changed, and the command must be repeated (75)")
  func held() async throws {
    let bench = try MemoryBatch()
    bench.enrol("P1")
    bench.enrol("P2")
    let other = try await bench.hold("P1")
    let outcomes = try await CollectionChange(bench.batch, to: .paused).run(["P1", "P2"])
    try await other.close()
    #expect(outcomes.heldByAnotherRun == ["P1"] && outcomes.done.map(\.participant) == ["P2"])
    #expect(outcomes.status == .retryableLeft)
    #expect(try bench.file("P1").collection == .active)
  }
}
