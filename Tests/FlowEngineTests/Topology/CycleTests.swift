import FlowCore
@testable import FlowEngine
import FlowTesting
import Testing

@Suite("cycles")
struct CycleTests {
  /// Returns to itself until its attribute `rounds` is `limit`.
  private static func rounds(_ limit: Int, again: String = "again") -> Work {
    { session in
      for var flowFile in session.getAll() {
        let rounds = Int(flowFile["rounds"] ?? "0") ?? 0
        flowFile["rounds"] = String(rounds + 1)
        session.transfer(flowFile, to: rounds + 1 < limit ? again : "success")
      }
    }
  }

  @Test("a self-loop is never blocked by its own queue")
  func selfLoop() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker", count: 3)]], work: Does.create(20))
    sketch.processor("worker", to: ["again": [.to("worker", count: 1)], "success": [.drop]], work: Self.rounds(4))
    let run = try FlowRun.drive(sketch)
    #expect(run.result.flowfiles.finished == 20)
    #expect(run["worker"].received == 80)
  }

  @Test("a cycle whose queues are all full drains", arguments: 1...30)
  func fullCycle(_ seed: UInt64) throws {
    let handle = FlowHandle()
    let highest = Locked(0)
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("first", count: 2)]], work: Does.create(40))
    sketch.processor("first", to: ["success": [.to("second", count: 2)]])
    sketch.processor("second", to: ["success": [.to("third", count: 2)]])
    sketch.processor("third", to: ["again": [.to("first", count: 2)], "success": [.drop]]) { session in
      let counted = handle.flow?.snapshot().queues.dropFirst().map { $0.availableCount + $0.inFlightCount } ?? []
      highest.withLock { $0 = max($0, counted.reduce(0, +)) }
      try await Self.rounds(5)(session)
    }
    let run = try FlowRun.drive(sketch, seed: seed, handle: handle)
    #expect(run.result.flowfiles.finished == 40)
    #expect(highest.withLock { $0 } <= 3 * 2 + 3, "a blocked cycle moves without getting fuller")
  }

  @Test("a multiplying cycle with a slow sink drains", arguments: 1...10)
  func multiplyingCycle(_ seed: UInt64) throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("split", count: 1)]], work: Does.create(6))
    sketch.processor("split", to: ["success": [.to("decide", count: 1)]]) { session in
      for flowFile in session.getAll() {
        if flowFile["rounds"] == nil { session.transfer(session.create(childOf: flowFile), to: "success") }
        session.transfer(flowFile, to: "success")
      }
    }
    sketch.processor(
      "decide", concurrency: 2, to: ["again": [.to("split", count: 1)], "success": [.to("sink", count: 1)]],
      work: Self.rounds(3))
    sketch.processor("sink", to: ["success": [.drop]]) { session in
      await session.environment.time.sleep(for: .seconds(1))
      try await Does.passOn(session)
    }
    let run = try FlowRun.drive(sketch, seed: seed)
    #expect(run.result.flowfiles.finished == 12)
  }
}
