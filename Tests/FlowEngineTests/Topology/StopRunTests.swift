import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("Trouble of the whole run")
struct StopRunTests {
  private let trouble = StopRun(.unavailable, .clientRefused, "the client is refused")

  @Test("halts the run at once: queued and running FlowFiles are deferred, lineage handlers still run")
  func halts() throws {
    let trouble = trouble
    let outcomes = Record<LineageOutcome>()
    let triggered = Record<Int>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker", count: 20)]]) { session in
      session.transfer(session.create { outcomes.add($0) }, to: "success")
    }
    sketch.processor("worker", concurrency: 2, to: ["success": [.to("sink", count: 5)]]) { session in
      for flowFile in session.getAll() {
        triggered.add(1)
        let number = triggered.count
        await session.environment.time.sleep(for: .seconds(1))
        session.transfer(session.create(childOf: flowFile), to: "success")
        if number == 9 { throw trouble }
        session.transfer(flowFile, to: "success")
      }
    }
    sketch.processor("sink", to: ["success": [.drop]])
    let run = try FlowRun.drive(sketch)
    #expect(run.result.stopped == trouble)
    #expect(!run.result.wasStopped)
    #expect(run.result.flowfiles.deferred >= 19)
    #expect(run.result.flowfiles.inErrors == 0 && run.result.flowfiles.abandoned == 0)
    #expect(triggered.count <= 11)
    #expect(outcomes.count + run["worker"].sent["success", default: 0] / 2 >= run.result.flowfiles.created / 2)
    #expect(outcomes.all.contains { $0.deferred > 0 })
  }

  @Test("the first trouble is reported")
  func first() throws {
    let trouble = trouble
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]], work: Does.create(5))
    sketch.processor("worker", concurrency: 5, to: ["success": [.drop]]) { session in
      let number = session.get().flatMap { $0["n"] }.flatMap { Int64($0) } ?? 0
      await session.environment.time.sleep(for: .seconds(10 - number))
      throw number == 4 ? trouble : StopRun(.failed, .disk, "another")
    }
    let run = try FlowRun.drive(sketch)
    #expect(run.result.stopped == trouble)
    #expect(run.result.flowfiles.deferred == 5)
  }

  @Test("a session that continues after the halt can still end its FlowFiles")
  func othersEnd() throws {
    let trouble = trouble
    let draw: @Sendable () -> FlowSketch = {
      var sketch = FlowSketch()
      sketch.source("source", to: ["success": [.to("stopper"), .to("writer"), .to("relay")]], work: Does.create(1))
      sketch.processor("stopper", to: ["success": [.drop]]) { _ in throw trouble }
      sketch.processor("writer", to: ["success": [.drop]]) { session in
        await session.environment.time.sleep(for: .seconds(5))
        try await Does.passOn(session)
      }
      sketch.processor("relay", to: ["success": [.to("writer")]]) { session in
        await session.environment.time.sleep(for: .seconds(5))
        try await Does.passOn(session)
      }
      return sketch
    }
    // With some seeds all three start before the first one throws.
    let runs = try (1...20).map { try FlowRun.drive(draw(), seed: UInt64($0)) }
    #expect(runs.allSatisfy { $0.result.flowfiles.finished + $0.result.flowfiles.deferred == 3 })
    #expect(runs.contains { $0.result.flowfiles.finished == 1 && $0.result.flowfiles.deferred == 2 })
  }
}
