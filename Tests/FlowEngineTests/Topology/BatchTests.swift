import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("batch and concurrency")
struct BatchTests {
  @Test("a trigger takes no more than the processor's declaration allows")
  func batch() throws {
    let sizes = Record<Int>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("sink")]], work: Does.create(25, perTrigger: 25))
    sketch.processor("sink", BatchProcessor.self, to: ["success": [.drop]]) { session in
      let batch = session.getAll()
      sizes.add(batch.count)
      for flowFile in batch { session.transfer(flowFile, to: "success") }
    }
    _ = try FlowRun.drive(sketch)
    #expect(sizes.all == [10, 10, 5])
  }

  @Test("no more triggers run at once than the concurrency allows", arguments: [1, 2, 5])
  func concurrency(_ limit: Int) throws {
    let running = Locked((now: 0, most: 0))
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("sink")]], work: Does.create(30, perTrigger: 30))
    sketch.processor("sink", concurrency: limit, to: ["success": [.drop]]) { session in
      running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
      await session.environment.time.sleep(for: .seconds(1))
      running.withLock { $0.now -= 1 }
      try await Does.passOn(session)
    }
    let run = try FlowRun.drive(sketch)
    #expect(running.withLock { $0.most } == limit)
    #expect(run.executor.time.monotonic == .seconds(Int64(30 / limit)))
    #expect(run["sink"].seconds == 30)
  }
}
