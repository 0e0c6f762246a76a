import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("lineages")
struct LineageTests {
  @Test("a hundred thousand failures under nested lineages need memory only for their causes")
  func manyFailures() {
    var inner = LineageOutcome()
    for index in 0..<1000 { inner.add(FlowFileFailure(cause: index % 2 == 0 ? .badData : .serverError, message: "\(index)")) }
    var outer = LineageOutcome()
    for _ in 0..<100 { outer = outer + inner }
    #expect(outer.failed == 100_000)
    #expect(outer.failures.map(\.message) == ["0", "1"], "the first of each cause")
  }

  private struct Surprise: Error {}

  @Test("a nested lineage and its handler end before its parent, which receives all outcomes")
  func nested() throws {
    let told = Record<(String, LineageOutcome)>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("slice")]]) { session in
      let flowFile = session.create { outcome in told.add(("parent", outcome)) }
      session.transfer(flowFile, to: "success")
      session.exhausted()
    }
    sketch.processor("slice", to: ["slice": [.to("worker")]]) { session in
      for flowFile in session.getAll() {
        for number in 0..<4 {
          let environment = session.environment
          var child = session.create(childOf: flowFile) { outcome in
            await environment.time.sleep(for: .seconds(10))
            told.add(("child \(number)", outcome))
          }
          child["n"] = String(number)
          session.transfer(child, to: "slice")
        }
        session.remove(flowFile)
      }
    }
    sketch.processor("worker", to: ["success": [.drop], "later": [.defer]]) { session in
      for flowFile in session.getAll() {
        switch flowFile["n"] {
        case "0": session.transfer(flowFile, to: "later")
        case "1": throw ProcessorError(.badData, "no sense")
        default: session.transfer(flowFile, to: "success")
        }
      }
    }
    let run = try FlowRun.drive(sketch)
    #expect(told.count == 5)
    let (last, outcome) = try #require(told.all.last)
    #expect(last == "parent")
    #expect(outcome.finished == 2 && outcome.deferred == 1 && outcome.removed == 1)
    #expect(outcome.failures.map(\.cause) == [.badData])
    let outcomes = Dictionary(uniqueKeysWithValues: told.all.map { ($0.0, $0.1) })
    #expect(outcomes["child 0"]?.deferred == 1)
    #expect(outcomes["child 1"]?.failures.first?.message == "no sense")
    #expect(outcomes["child 3"]?.finished == 1)
    #expect(run.executor.time.monotonic == .seconds(10))
  }

  @Test("a lineage does not end while one of its FlowFiles waits for a retry")
  func waitingIsNotTheEnd() throws {
    let ended = Record<Duration>()
    let hasFailed = Record<Int>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]]) { session in
      let time = session.environment.time
      session.transfer(session.create { _ in ended.add(time.monotonic) }, to: "success")
      session.exhausted()
    }
    sketch.processor(
      "worker",
      retry: RetryRule(attempts: 2, backoff: .seconds(1), maximumBackoff: .seconds(1), relationships: ["failure"]),
      to: ["success": [.drop]]
    ) { session in
      guard let flowFile = session.get() else { return }
      hasFailed.add(1)
      if hasFailed.count == 1 { throw ProcessorError(.rateLimited, "wait", retryAfter: .seconds(100)) }
      session.transfer(flowFile, to: "success")
    }
    _ = try FlowRun.drive(sketch)
    #expect(ended.all == [.seconds(100)])
  }

  @Test("a handler that throws fails the run, which continues")
  func handlerThrows() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.drop]]) { session in
      session.transfer(session.create { _ in throw Surprise() }, to: "success")
      session.transfer(session.create { _ in throw Surprise() }, to: "success")
      session.exhausted()
    }
    sketch.source("other", to: ["success": [.drop]], work: Does.create(50))
    let run = try FlowRun.drive(sketch)
    #expect(run.result.stopped?.reason == .failed && run.result.stopped?.cause == .internal)
    #expect(run.result.flowfiles.finished == 52)
    #expect(run.result.bulletins.first?.count == 2 && run.result.bulletins.first?.level == .error)
  }

  @Test("bulletins of handlers are in the run's result, and the run does not fail")
  func handlerPosts() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.drop]]) { session in
      let bulletins = session.environment.handlerBulletins
      for name in ["a", "b"] {
        session.transfer(session.create { _ in bulletins.post(Bulletin(.warning, processor: "source", subject: "a file stays", detail: name)) }, to: "success")
      }
      session.exhausted()
    }
    let run = try FlowRun.drive(sketch)
    #expect(run.result.stopped == nil && run.result.flowfiles.finished == 2)
    #expect(run.result.bulletins.map(\.subject) == ["a file stays"] && run.result.bulletins.first?.details == ["a", "b"])
    #expect(run.result.bulletins.first?.processor == "source" && run.result.bulletins.first?.level == .warning)
  }

  @Test("a handler that throws trouble of the whole run halts it")
  func handlerStops() throws {
    let trouble = StopRun(.unavailable, .database, "the database is gone")
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.drop]]) { session in
      let time = session.environment.time
      let onEnd: LineageEndHandler = { _ in
        await time.sleep(for: .seconds(5))
        throw trouble
      }
      session.transfer(session.create(onEnd: onEnd), to: "success")
      session.exhausted()
    }
    sketch.source("other", to: ["success": [.to("slow", count: 10)]], work: Does.create(50))
    sketch.processor("slow", to: ["success": [.drop]]) { session in
      await session.environment.time.sleep(for: .seconds(1))
      try await Does.passOn(session)
    }
    let run = try FlowRun.drive(sketch)
    #expect(run.result.stopped == trouble)
    #expect(run.result.flowfiles.deferred == 9)
  }
}
