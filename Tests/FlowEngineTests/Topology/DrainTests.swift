import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("first signal")
struct DrainTests {
  @Test("triggers no source, defers waiting FlowFiles, and lets the rest pass")
  func drains() throws {
    let handle = FlowHandle()
    let stopping = Record<Bool>()
    let outcomes = Record<LineageOutcome>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker", count: 20)]]) { session in
      var flowFile = session.create { outcomes.add($0) }
      flowFile["n"] = String(outcomes.count)
      session.transfer(flowFile, to: "success")
    }
    sketch.processor("worker", to: ["success": [.to("sink", count: 20)]]) { session in
      guard let flowFile = session.get() else { return }
      await session.environment.time.sleep(for: .seconds(1))
      stopping.add(session.isStopping)
      switch stopping.count {
      case 1...5: session.requeue(flowFile, penalty: .seconds(3600))
      case 10:
        handle.flow?.stop()
        session.transfer(flowFile, to: "success")
      case 12: session.requeue(flowFile, penalty: .seconds(1))
      case 13: session.requeue(flowFile, penalty: .zero)
      case 14: throw ProcessorError(.badData, "no sense")
      default: session.transfer(flowFile, to: "success")
      }
    }
    sketch.processor("sink", to: ["success": [.drop]])
    // Long enough for the rest: each FlowFile takes a second.
    let run = try FlowRun.drive(sketch, grace: DrainGrace(idle: .seconds(30), total: .seconds(60)), handle: handle)
    #expect(run.result.wasStopped && !run.result.timedOut && run.result.stopped == nil)
    #expect(run.result.flowfiles.deferred == 5 + 2)
    #expect(run.result.flowfiles.inErrors == 1)
    #expect(run.result.flowfiles.abandoned == 0)
    #expect(stopping.all.prefix(10).allSatisfy { !$0 } && stopping.all.dropFirst(10).allSatisfy { $0 })
    #expect(run.executor.time.monotonic < .seconds(60), "nobody waited for the hour's end")
    #expect(outcomes.count == run.result.flowfiles.created)
  }

  @Test("a retry that would have to wait ends as deferred")
  func retryIsDeferred() throws {
    let handle = FlowHandle()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]], work: Does.create(1))
    sketch.processor(
      "worker",
      retry: RetryRule(attempts: 5, backoff: .seconds(1), maximumBackoff: .seconds(9), relationships: ["failure"]),
      to: ["success": [.drop]]
    ) { session in
      _ = session.get()
      handle.flow?.stop()
      throw ProcessorError(.timeout, "late")
    }
    let run = try FlowRun.drive(sketch, handle: handle)
    #expect(run.result.flowfiles.deferred == 1)
    #expect(run.errors.entries.isEmpty)
  }

  @Test("the time limit stops like a first signal, and is reported")
  func timeout() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker", count: 5)]], work: Does.create(1_000_000))
    sketch.processor("worker", to: ["success": [.drop]]) { session in
      await session.environment.time.sleep(for: .seconds(1))
      try await Does.passOn(session)
    }
    let run = try FlowRun.drive(sketch, timeout: .seconds(100))
    #expect(run.result.timedOut && !run.result.wasStopped)
    #expect(run.result.flowfiles.finished == run.result.flowfiles.created)
    #expect((100...110).contains(run.result.flowfiles.finished))
  }

  @Test("a run that ends before its time limit leaves no timer behind")
  func noTimerLeft() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.drop]], work: Does.create(1))
    let run = try FlowRun.drive(sketch, timeout: .seconds(100))
    #expect(!run.result.timedOut)
    #expect(run.executor.time.timerCount == 0)
  }

  @Test("a stop before the start triggers no source")
  func beforeTheStart() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.drop]], work: Does.create(5))
    let executor = ManualExecutor()
    let flow = Flow(
      graph: sketch.graph, processors: sketch.processors, environment: .testing(executor: executor), errors: MemoryErrorSink())
    flow.stop()
    let result = try executor.run { await flow.run() }
    #expect(result.flowfiles.created == 0 && result.wasStopped)
  }
}
