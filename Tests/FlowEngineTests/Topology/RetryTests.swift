import FlowCore
@testable import FlowEngine
import FlowTesting
import Testing

@Suite("retry")
struct RetryTests {
  private let rule = RetryRule(
    attempts: 3, backoff: .seconds(1), maximumBackoff: .seconds(600), relationships: ["failure", "busy"])

  /// One FlowFile; the worker runs `work` with the number of the attempt, from 1.
  private func drive(
    _ rule: RetryRule?, failure: [FlowSketch.Target] = [.errors], outcomes: Record<LineageOutcome> = Record(),
    work: @escaping @Sendable (ProcessSession, Int) throws -> Void
  ) throws -> (run: FlowRun, times: [Duration]) {
    let times = Record<Duration>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]]) { session in
      var flowFile = session.create { outcomes.add($0) }
      flowFile["colour"] = "red"
      session.transfer(flowFile, to: "success")
      session.exhausted()
    }
    sketch.processor(
      "worker", retry: rule, to: ["success": [.drop], "busy": [.defer], "child": [.drop], "failure": failure]
    ) { session in
      times.add(session.environment.time.monotonic)
      try work(session, times.count)
    }
    return (try FlowRun.drive(sketch), times.all)
  }

  @Test("fails twice, then succeeds: the failed attempts leave no trace")
  func twiceThenSuccess() throws {
    let colours = Record<String?>()
    let (run, times) = try drive(rule) { session, attempt in
      guard var flowFile = session.get() else { return }
      colours.add(flowFile["colour"])
      flowFile["colour"] = "blue"
      session.count("tries")
      session.post(.warning, "tried", "once more")
      if attempt < 3 { throw ProcessorError(.serverError, "not now") }
      session.transfer(flowFile, to: "success")
    }
    #expect(colours.all == ["red", "red", "red"], "each try begins with the original")
    #expect(run.result.flowfiles.finished == 1)
    #expect(run["worker"].retried == 2 && run["worker"].penalised == 2)
    #expect(run["worker"].received == 1 && run["worker"].failed == 0)
    #expect(run["worker"].counters == ["tries": 1])
    #expect(run.result.bulletins.first { $0.subject == "tried" }?.count == 1)
    #expect(times.count == 3)
  }

  @Test("waits base · 2ⁿ with jitter between half and all of it")
  func backoff() throws {
    let (_, times) = try drive(rule) { session, attempt in
      if attempt < 3 { throw ProcessorError(.serverError, "not now") }
      for flowFile in session.getAll() { session.transfer(flowFile, to: "success") }
    }
    #expect(times.count == 3)
    #expect(Duration.milliseconds(500) <= times[1] && times[1] <= .seconds(1))
    #expect(.seconds(1) <= times[2] - times[1] && times[2] - times[1] <= .seconds(2))
  }

  @Test("after the last attempt the original goes to failure, with the cause and the number of attempts")
  func exhausted() throws {
    let (run, times) = try drive(rule) { session, _ in
      guard var flowFile = session.get() else { return }
      flowFile["colour"] = "blue"
      throw ProcessorError(.serverError, "broken", status: 503)
    }
    #expect(times.count == 3)
    let entry = try #require(run.errors.entries.first)
    #expect(run.errors.entries.count == 1)
    #expect(entry.flowFile["colour"] == "red")
    #expect(entry.failure.cause == .serverError && entry.failure.status == 503 && entry.failure.attempts == 3)
    #expect(entry.relationship == "failure" && entry.processor == "worker" && entry.flow == "test flow")
    #expect(entry.lineage == [entry.flowFile.id.text])
    #expect(run["worker"].sent["failure"] == 1 && run["worker"].failed == 1 && run["worker"].retried == 2)
    #expect(run.result.flowfiles.inErrors == 1 && run.result.errorEntries == 1)
  }

  @Test("a failure that a later attempt resolved does not label a later failure")
  func laterFailure() throws {
    var sketch = FlowSketch()
    let tries = Record<Int>()
    sketch.source("source", to: ["success": [.to("worker")]], work: Does.create(1))
    sketch.processor("worker", retry: rule, to: ["success": [.to("route")]]) { session in
      guard let flowFile = session.get() else { return }
      tries.add(1)
      if tries.count == 1 { throw ProcessorError(.serverError, "not now") }
      if tries.count == 2 {
        session.transfer(flowFile, to: "failure", because: FlowFileFailure(cause: .timeout, message: "late"))
        return
      }
      session.transfer(flowFile, to: "success")
    }
    sketch.processor("route", to: ["unmatched": [.errors]]) { session in
      for flowFile in session.getAll() { session.transfer(flowFile, to: "unmatched") }
    }
    let run = try FlowRun.drive(sketch)
    let entry = try #require(run.errors.entries.first)
    #expect(tries.count == 3)
    #expect(entry.failure.cause == .badData && entry.failure.message.contains("unmatched"))
    #expect(run["route"].failed == 1, "what lies in the error folder is counted where it failed")
  }

  @Test("a failure that a FlowFile carries is kept in the error folder")
  func broughtAlong() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]], work: Does.create(1))
    sketch.processor("worker", to: ["failure": [.to("log")]]) { session in
      _ = session.get()
      throw ProcessorError(.serverError, "broken")
    }
    sketch.processor("log", to: ["success": [.errors]])
    let run = try FlowRun.drive(sketch)
    #expect(run.errors.entries.first?.failure.cause == .serverError)
  }

  @Test("external effects count even if the attempt is rolled back")
  func countedAtOnce() throws {
    let (run, _) = try drive(rule) { session, attempt in
      guard let flowFile = session.get() else { return }
      session.countAtOnce("requests")
      session.countAtOnce("bytes", 100)
      session.count("rows")
      if attempt == 1 { throw ProcessorError(.serverError, "not now") }
      session.transfer(flowFile, to: attempt == 2 ? "busy" : "success")
    }
    #expect(run["worker"].counters == ["requests": 3, "bytes": 300, "rows": 1])
  }

  @Test("external effects count in a session that stops the run, too")
  func countedInTrouble() throws {
    let (run, _) = try drive(nil) { session, _ in
      session.countAtOnce("requests")
      throw StopRun(.unavailable, .gone, "gone")
    }
    #expect(run["worker"].counters == ["requests": 1])
  }

  @Test("without a retry rule the first failure is the last")
  func withoutRule() throws {
    let (run, times) = try drive(nil) { session, _ in
      _ = session.get()
      throw ProcessorError(.badData, "no sense")
    }
    #expect(times.count == 1)
    #expect(run.errors.entries.first?.failure.attempts == 1)
  }

  @Test("a throw is not retried by a rule without failure")
  func notCovered() throws {
    let onlyBusy = RetryRule(attempts: 9, backoff: .seconds(1), maximumBackoff: .seconds(9), relationships: ["busy"])
    let (_, times) = try drive(onlyBusy) { session, _ in
      _ = session.get()
      throw ProcessorError(.badData, "no sense")
    }
    #expect(times.count == 1)
  }

  @Test("a FlowFile sent to a retried relationship returns unchanged, and its children are discarded")
  func relationshipIsRetried() throws {
    let ended = Record<LineageOutcome>()
    let childEnded = Record<LineageOutcome>()
    let (run, times) = try drive(rule, outcomes: ended) { session, attempt in
      guard var flowFile = session.get() else { return }
      #expect(flowFile["colour"] == "red")
      session.transfer(session.create(childOf: flowFile) { childEnded.add($0) }, to: "child")
      session.transfer(session.create(childOf: flowFile), to: attempt == 2 ? "busy" : "child")
      flowFile["colour"] = "blue"
      session.count("tries")
      session.transfer(flowFile, to: attempt == 1 ? "busy" : "success")
    }
    #expect(times.count == 3)
    #expect(run["worker"].sent == ["success": 1, "busy": 0, "child": 2, "failure": 0])
    #expect(run["worker"].retried == 2)
    #expect(run["worker"].counters == ["tries": 1])
    #expect(run.result.flowfiles.created == 3 && run.result.flowfiles.finished == 3)
    #expect(childEnded.count == 1, "the handlers of discarded children are never called")
    #expect(ended.all.first?.finished == 3)
  }

  @Test("after the last attempt the retried relationship is followed")
  func relationshipIsTaken() throws {
    let (run, times) = try drive(rule) { session, _ in
      guard let flowFile = session.get() else { return }
      session.transfer(flowFile, to: "busy", because: FlowFileFailure(cause: .rateLimited, message: "wait"))
    }
    #expect(times.count == 3)
    #expect(run.result.flowfiles.deferred == 1)
    #expect(run["worker"].sent["busy"] == 1)
  }

  @Test("a longer requested wait is respected")
  func retryAfter() throws {
    let (_, times) = try drive(rule) { session, attempt in
      guard let flowFile = session.get() else { return }
      if attempt == 1 { throw ProcessorError(.rateLimited, "wait", status: 429, retryAfter: .seconds(1800)) }
      session.transfer(flowFile, to: "success")
    }
    #expect(times == [.zero, .seconds(1800)])
  }

  @Test("the wait never exceeds the maximum")
  func maximum() {
    let rule = RetryRule(attempts: 100, backoff: .seconds(1), maximumBackoff: .seconds(10), relationships: [])
    let random = SeededRandomSource(seed: 3)
    for attempt in 1...99 {
      let penalty = rule.penalty(afterAttempt: attempt, failure: nil, random: random)
      #expect(penalty <= .seconds(10))
      #expect(penalty >= (attempt < 5 ? .milliseconds(500 << (attempt - 1)) : .seconds(5)))
    }
  }

  @Test("the FlowFiles of a source are never retried")
  func sourcesAreNot() throws {
    var sketch = FlowSketch()
    let create = Does.create(1)
    sketch.source("source", to: ["success": [.drop]]) { try await create($0) }
    let graph = sketch.graph
    var retried = graph
    retried.processors[0].retry = RetryRule(
      attempts: 5, backoff: .seconds(1), maximumBackoff: .seconds(1), relationships: ["success"])
    let executor = ManualExecutor()
    let flow = Flow(
      graph: retried, processors: sketch.processors, environment: .testing(executor: executor), errors: MemoryErrorSink())
    let result = try executor.run { await flow.run() }
    #expect(result.flowfiles.finished == 1 && result.processors[0].retried == 0)
  }

  @Test("attempts are counted per processor")
  func perProcessor() throws {
    let tries = Record<String>()
    let failTwice: Work = { session in
      guard let flowFile = session.get() else { return }
      tries.add(session.processor)
      if tries.all.count(where: { $0 == session.processor }) < 3 { throw ProcessorError(.timeout, "late") }
      session.transfer(flowFile, to: "success")
    }
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("one")]], work: Does.create(1))
    sketch.processor("one", retry: rule, to: ["success": [.to("two")]], work: failTwice)
    sketch.processor("two", retry: rule, to: ["success": [.drop]], work: failTwice)
    let run = try FlowRun.drive(sketch)
    #expect(tries.all == ["one", "one", "one", "two", "two", "two"])
    #expect(run.result.flowfiles.finished == 1)
  }

  @Test("in a batch only the failed family returns")
  func onlyTheFamily() throws {
    let seen = Record<[String]>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]], work: Does.create(3, perTrigger: 3))
    sketch.processor("worker", BatchProcessor.self, retry: rule, to: ["success": [.drop], "busy": [.defer]]) { session in
      let batch = session.getAll()
      seen.add(batch.compactMap { $0["n"] })
      for flowFile in batch {
        session.transfer(flowFile, to: seen.count == 1 && flowFile["n"] == "1" ? "busy" : "success")
      }
    }
    let run = try FlowRun.drive(sketch)
    #expect(seen.all == [["0", "1", "2"], ["1"]])
    #expect(run["worker"].sent["success"] == 3 && run["worker"].received == 3)
  }
}
