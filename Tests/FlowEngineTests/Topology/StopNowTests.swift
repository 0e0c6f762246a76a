import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("second signal")
struct StopNowTests {
  @Test("nothing more is triggered; FlowFiles in queues and in uncommitted sessions are abandoned")
  func abandons() throws {
    let handle = FlowHandle()
    let triggered = Record<Bool>()
    let outcomes = Record<LineageOutcome>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker", count: 20)]]) { session in
      session.transfer(session.create { outcomes.add($0) }, to: "success")
    }
    sketch.processor("worker", concurrency: 3, to: ["success": [.to("sink", count: 5)]]) { session in
      guard let flowFile = session.get() else { return }
      await session.environment.time.sleep(for: .seconds(1))
      triggered.add(Task.isCancelled)
      if triggered.count == 10 {
        handle.flow?.stop()
        handle.flow?.stopNow()
      }
      if triggered.count == 11 { throw CancellationError() }
      session.transfer(flowFile, to: "success")
    }
    sketch.processor("sink", to: ["success": [.drop]])
    let run = try FlowRun.drive(sketch, handle: handle)
    #expect(run.result.wasStopped)
    #expect(run.result.flowfiles.abandoned > 10)
    #expect(run.result.flowfiles.inErrors == 0, "a cancelled session says nothing of its FlowFile")
    #expect(triggered.count == 12, "those that ran came to their end, no other began")
    #expect(triggered.all.suffix(2) == [true, true])
    #expect(outcomes.count == run.result.flowfiles.created)
    #expect(outcomes.all.count { $0.abandoned == 1 } == run.result.flowfiles.abandoned)
  }
}
