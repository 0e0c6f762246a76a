import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("A stopped run ends in bounded time and loses nothing")
struct GraceTests {
  private static let grace = DrainGrace(idle: .seconds(30), total: .seconds(60))

  /// Two processors that send each FlowFile to each other, with a delay of one second; with `multiplies` also a clone.
  private func loop(outcomes: Record<LineageOutcome>, multiplies: Bool = false, work: Work? = nil) -> FlowSketch {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("write")]]) { session in
      for _ in 0..<3 { session.transfer(session.create { outcomes.add($0) }, to: "success") }
      session.exhausted()
    }
    sketch.processor("write", to: ["success": [.to("check")]]) { session in
      await session.environment.time.sleep(for: .seconds(1))
      try await (work ?? Does.passOn)(session)
    }
    sketch.processor("check", to: ["success": multiplies ? [.to("write"), .drop] : [.to("write")]])
    return sketch
  }

  @Test("the time limit ends a loop: its FlowFiles are deferred", arguments: [false, true])
  func timeLimit(multiplies: Bool) throws {
    let outcomes = Record<LineageOutcome>()
    let told = Record<String>()
    let run = try FlowRun.drive(
      loop(outcomes: outcomes, multiplies: multiplies), timeout: .seconds(100), grace: Self.grace, hear: { told.add("\($0)") })
    #expect(run.result.timedOut)
    #expect(run.executor.time.monotonic <= .seconds(135))
    #expect(run.result.flowfiles.deferred == 3 && run.result.flowfiles.abandoned == 0)
    #expect(run.errors.entries.isEmpty)
    #expect(outcomes.count == 3, "whoever waits is told")
    #expect(told.all.filter { !$0.hasPrefix("bulletins") } == ["timedOut", "cutOff"])
    #expect(run.result.bulletins.first?.subject.contains("took too long to stop") == true)
  }

  @Test("one signal ends a loop")
  func signal() throws {
    let outcomes = Record<LineageOutcome>()
    let executor = ManualExecutor()
    let run = try FlowRun.drive(loop(outcomes: outcomes), grace: Self.grace, executor: executor) { flow in
      await executor.time.sleep(for: .seconds(10))
      flow.stop()
    }
    #expect(run.result.wasStopped && run.result.flowfiles.deferred == 3 && run.result.flowfiles.abandoned == 0)
    #expect(run.executor.time.monotonic <= .seconds(45))
  }

  @Test("after a failure of the run there is more time than after a signal; a signal that follows shortens it", arguments: [
    (nil, 30...45), (5, 10...16),
  ] as [(Int64?, ClosedRange<Double>)])
  func shortened(_ signalAfter: Int64?, _ seconds: ClosedRange<Double>) throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("waiter"), .to("stopper")]], work: Does.create(1))
    sketch.processor("stopper", to: ["success": [.drop]]) { _ in throw StopRun(.failed, .disk, "no room") }
    sketch.processor("waiter", to: ["success": [.drop]]) { session in
      _ = session.get()
      while !Task.isCancelled { await session.environment.time.sleep(for: .seconds(1)) }
      throw ProcessorError(.connection, "cut off")
    }
    let executor = ManualExecutor()
    let run = try FlowRun.drive(sketch, executor: executor) { flow in
      guard let signalAfter else { return }
      await executor.time.sleep(for: .seconds(signalAfter))
      flow.stop()
    }
    #expect(seconds ~= run.executor.time.monotonic.inSeconds, "\(run.executor.time.monotonic)")
    #expect(run.result.flowfiles.isBalanced)
  }

  @Test("a run that makes progress gets the whole grace period; the rest is deferred")
  func slow() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker", count: 100)]], work: Does.create(1_000_000))
    sketch.processor("worker", to: ["success": [.drop]]) { session in
      await session.environment.time.sleep(for: .seconds(10))
      try await Does.passOn(session)
    }
    let run = try FlowRun.drive(sketch, timeout: .seconds(100), grace: Self.grace)
    #expect((150...170) ~= run.executor.time.monotonic.inSeconds)
    #expect(run.result.flowfiles.finished >= 15)
    #expect(run.result.flowfiles.deferred > 50 && run.result.flowfiles.inErrors == 0)
  }

  @Test("a waiting session is cancelled and its FlowFile deferred, even after trouble of the whole run")
  func cancelled() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("waiter"), .to("stopper")]], work: Does.create(1))
    sketch.processor("stopper", to: ["success": [.drop]]) { session in
      await session.environment.time.sleep(for: .seconds(5))
      throw StopRun(.unavailable, .gone, "the provider is gone")
    }
    sketch.processor("waiter", to: ["success": [.drop]]) { session in
      _ = session.get()
      while !Task.isCancelled { await session.environment.time.sleep(for: .seconds(1)) }
      throw ProcessorError(.connection, "cut off")
    }
    let run = try FlowRun.drive(sketch, grace: Self.grace)
    #expect(run.result.stopped?.message == "the provider is gone")
    #expect(run.result.flowfiles.deferred == 2 && run.errors.entries.isEmpty)
    #expect(run.executor.time.monotonic <= .seconds(40))
  }
}
