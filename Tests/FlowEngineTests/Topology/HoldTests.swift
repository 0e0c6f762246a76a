import FlowCore
import FlowEngine
import FlowTesting
import Testing

/// A processor that collects FlowFiles over several triggers.
@Suite("held FlowFiles")
struct HoldTests {
  /// Sends groups of a size, in order; the rest when nothing more can come.
  private static func collect(_ size: Int, after delay: Duration? = nil, _ groups: Record<[String]>, triggers: Record<Int> = Record()) -> Work {
    { session in
      var waiting = session.getHeld().map(\.flowFile) + session.getAll()
      triggers.add(waiting.count)
      while waiting.count >= size || session.isInputEnded && !waiting.isEmpty {
        let group = Array(waiting.prefix(size))
        groups.add(group.compactMap { $0["n"] })
        for flowFile in group { session.transfer(flowFile, to: "success") }
        waiting.removeFirst(group.count)
      }
      for flowFile in waiting { session.hold(flowFile) }
      session.wake(after: delay, orWith: size - waiting.count)
    }
  }

  @Test("come back with those that arrive later, in order, and all of them at the end", arguments: Seeds.chosen(usual: 10))
  func collects(_ seed: UInt64) throws {
    let groups = Record<[String]>(), triggers = Record<Int>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("slow")]], work: Does.create(11))
    sketch.processor("slow", to: ["success": [.to("collector")]]) { session in
      await session.environment.time.sleep(for: .seconds(1))
      try await Does.passOn(session)
    }
    sketch.processor("collector", HoldingProcessor.self, to: ["success": [.drop]], work: Self.collect(4, groups, triggers: triggers))
    let run = try FlowRun.drive(sketch, seed: seed)
    #expect(groups.all == [["0", "1", "2", "3"], ["4", "5", "6", "7"], ["8", "9", "10"]])
    #expect(triggers.all == [1, 4, 1, 4, 1, 3, 3], "it is not triggered for each that arrives")
    #expect(run.result.flowfiles.finished == 11 && run["collector"].received == 11)
  }

  @Test("do not count against the queue, so that a group may be larger than it")
  func largerThanTheQueue() throws {
    let groups = Record<[String]>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("collector", count: 5)]], work: Does.create(40))
    sketch.processor("collector", HoldingProcessor.self, to: ["success": [.drop]], work: Self.collect(20, groups))
    _ = try FlowRun.drive(sketch)
    #expect(groups.all.map(\.count) == [20, 20])
  }

  @Test("come back at the time that the processor asked for")
  func time() throws {
    let times = Record<Duration>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("collector")]], work: Does.create(1))
    // A source that goes on keeps the input from ending.
    sketch.source("other", to: ["success": [.to("collector")]]) { session in
      await session.environment.time.sleep(for: .seconds(100))
      session.exhausted()
    }
    sketch.processor("collector", HoldingProcessor.self, to: ["success": [.drop]]) { session in
      let held = session.getHeld()
      times.add(session.environment.time.monotonic)
      for one in held where session.environment.time.monotonic - one.since >= .seconds(30) { session.transfer(one.flowFile, to: "success") }
      for one in held where session.environment.time.monotonic - one.since < .seconds(30) { session.hold(one.flowFile) }
      for flowFile in session.getAll() { session.hold(flowFile) }
      session.wake(after: .seconds(15), orWith: 9)
    }
    let run = try FlowRun.drive(sketch)
    #expect(times.all == [.zero, .seconds(15), .seconds(30)] && run.result.flowfiles.finished == 1)
  }

  @Test("do not end the input of a processor behind another that holds some")
  func inSeries() throws {
    let first = Record<[String]>(), second = Record<[String]>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("first")]], work: Does.create(5))
    sketch.processor("first", HoldingProcessor.self, to: ["success": [.to("second")]], work: Self.collect(2, first))
    sketch.processor("second", HoldingProcessor.self, to: ["success": [.drop]], work: Self.collect(3, second))
    _ = try FlowRun.drive(sketch)
    #expect(first.all.map(\.count) == [2, 2, 1] && second.all == [["0", "1", "2"], ["3", "4"]])
  }

  @Test("in a cycle of processors that hold some, none waits for the other")
  func inACycle() throws {
    let rounds = Locked([String: Int]())
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("first")]], work: Does.create(3))
    sketch.processor("first", HoldingProcessor.self, to: ["success": [.to("second")]], work: Self.collect(9, Record()))
    sketch.processor("second", HoldingProcessor.self, to: ["success": [.drop], "back": [.to("first")]]) { session in
      for flowFile in session.getHeld().map(\.flowFile) + session.getAll() {
        let round = rounds.withLock { rounds in
          rounds[flowFile["n"] ?? "", default: 0] += 1
          return rounds[flowFile["n"] ?? ""] ?? 0
        }
        if session.isInputEnded { session.transfer(flowFile, to: round > 4 ? "success" : "back") } else { session.hold(flowFile) }
      }
    }
    let run = try FlowRun.drive(sketch)
    #expect(run.result.flowfiles.finished == 3)
  }

  private static let endless: Work = { session in
    await session.environment.time.sleep(for: .seconds(1))
    session.transfer(session.create(), to: "success")
  }

  @Test("a stop gives them back once more; what is held even then ends as deferred", arguments: [true, false])
  func drain(_ sends: Bool) throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("collector")]], work: Self.endless)
    sketch.processor("collector", HoldingProcessor.self, to: ["success": [.drop]]) { session in
      for flowFile in session.getHeld().map(\.flowFile) + session.getAll() {
        if session.isInputEnded && sends { session.transfer(flowFile, to: "success") } else { session.hold(flowFile) }
      }
    }
    let executor = ManualExecutor()
    let run = try FlowRun.drive(sketch, executor: executor) { flow in
      await executor.time.sleep(for: .milliseconds(4500))
      flow.stop()
    }
    #expect(run.result.flowfiles.created == 5)
    #expect(run.result.flowfiles.finished == (sends ? 5 : 0) && run.result.flowfiles.deferred == (sends ? 0 : 5))
    #expect(run.executor.time.monotonic < .seconds(10))
  }

  @Test("a second signal abandons them, a failure of the run defers them", arguments: [true, false])
  func halt(_ isSignal: Bool) throws {
    let handle = FlowHandle()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("collector")]], work: Self.endless)
    sketch.source("trouble", to: ["success": [.drop]]) { session in
      await session.environment.time.sleep(for: .milliseconds(4500))
      if isSignal { handle.flow?.stopNow() } else { throw StopRun(.unavailable, .database, "the database is gone") }
      session.exhausted()
    }
    sketch.processor("collector", HoldingProcessor.self, to: ["success": [.drop]]) { session in
      for flowFile in session.getHeld().map(\.flowFile) + session.getAll() { session.hold(flowFile) }
    }
    let run = try FlowRun.drive(sketch, handle: handle)
    #expect(isSignal ? run.result.flowfiles.abandoned >= 4 : run.result.flowfiles.deferred >= 4)
    #expect(run.result.flowfiles.finished == 0)
  }

  @Test("a session that throws sends what it took, held before or not, to failure")
  func throwing() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("collector")]], work: Does.create(3))
    sketch.processor("collector", HoldingProcessor.self, to: ["success": [.drop]]) { session in
      let all = session.getHeld().map(\.flowFile) + session.getAll()
      if session.isInputEnded { throw ProcessorError(.badData, "no sense") }
      for flowFile in all { session.hold(flowFile) }
    }
    let run = try FlowRun.drive(sketch)
    #expect(run.result.flowfiles.inErrors == 3)
  }

  @Test("a processor that does not declare it, or holds on at the end, is at fault", arguments: [true, false])
  func misuse(_ declares: Bool) throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("collector")]], work: Does.create(2))
    sketch.processor("collector", declares ? HoldingProcessor.self : BatchProcessor.self, to: ["success": [.drop]]) { session in
      for flowFile in session.getHeld().map(\.flowFile) + session.getAll() { session.hold(flowFile) }
    }
    let run = try FlowRun.drive(sketch)
    #expect(run.result.flowfiles.inErrors == 2 && run.errors.entries.allSatisfy { $0.failure.cause == .internal })
  }

  @Test("that a session does not ask for stay held")
  func untouched() throws {
    let groups = Record<[String]>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("collector")]], work: Does.create(3))
    sketch.processor("collector", HoldingProcessor.self, to: ["success": [.drop]]) { session in
      let held = session.isInputEnded ? session.getHeld().map(\.flowFile) : []
      for flowFile in session.getAll() { session.hold(flowFile) }
      if !held.isEmpty { groups.add(held.compactMap { $0["n"] }) }
      for flowFile in held { session.transfer(flowFile, to: "success") }
    }
    _ = try FlowRun.drive(sketch)
    #expect(groups.all == [["0", "1", "2"]])
  }

  @Test("that a processor forgets fail once nothing more can come, instead of being offered for ever")
  func forgotten() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("collector")]], work: Does.create(3, perTrigger: 3))
    sketch.processor("collector", HoldingProcessor.self, to: ["success": [.drop]]) { session in session.getAll().forEach(session.hold) }
    let run = try FlowRun.drive(sketch)
    #expect(run.result.flowfiles.inErrors == 3)
  }

  @Test("keep their time when a session fails before it asks for them")
  func failing() throws {
    let times = Record<Duration>(), isFirst = Locked(true)
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("collector")]], work: Does.create(1))
    // Keeps the input from ending, and sends one that fails after a second.
    sketch.source("other", to: ["success": [.to("collector")]]) { session in
      let time = session.environment.time
      if isFirst.withLock({ first in
        defer { first = false }
        return first
      }) {
        await time.sleep(for: .seconds(1))
        var bad = session.create()
        bad["bad"] = "yes"
        return session.transfer(bad, to: "success")
      }
      await time.sleep(for: .seconds(100))
      session.exhausted()
    }
    sketch.processor("collector", HoldingProcessor.self, to: ["success": [.drop]]) { session in
      let new = session.getAll()
      if new.contains(where: { $0["bad"] != nil }) { throw ProcessorError(.badData, "bad") }
      let now = session.environment.time.monotonic
      for one in session.getHeld() {
        times.add(now)
        if now - one.since >= .seconds(30) { session.transfer(one.flowFile, to: "success") } else { session.hold(one.flowFile) }
      }
      new.forEach(session.hold)
      session.wake(after: .seconds(30), orWith: 5)
    }
    let run = try FlowRun.drive(sketch)
    #expect(run.result.flowfiles.inErrors == 1 && run.result.flowfiles.finished == 1)
    #expect((times.all.last ?? .zero) < .seconds(60), "\(times.all)")
  }
}
