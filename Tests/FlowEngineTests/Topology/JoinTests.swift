import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("a FlowFile that joins several")
struct JoinTests {
  /// Joins pairs and sends on what they make.
  private static let join: Work = { session in
    let waiting = session.getHeld().map(\.flowFile) + session.getAll()
    guard waiting.count > 1 || session.isInputEnded else { return waiting.forEach(session.hold) }
    let joined = session.create(joining: waiting)
    for flowFile in waiting { session.remove(flowFile) }
    session.transfer(joined, to: "success")
  }

  @Test("keeps the lineage of each open until it has ended, and tells all of them how")
  func lineages() throws {
    let ended = Record<(String, LineageOutcome, Duration)>()
    let made = Locked(0)
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("join")]]) { session in
      let number = made.withLock { made in
        made += 1
        return made
      }
      let time = session.environment.time
      var flowFile = session.create { ended.add(("\(number)", $0, time.monotonic)) }
      flowFile["n"] = "\(number)"
      flowFile["all"] = "same"
      session.transfer(flowFile, to: "success")
      if number == 3 { session.exhausted() }
    }
    sketch.processor("join", HoldingProcessor.self, to: ["success": [.to("worker")]], work: Self.join)
    let seen = Record<FlowFile>()
    sketch.processor("worker", to: ["success": [.drop]]) { session in
      guard let flowFile = session.get() else { return }
      seen.add(flowFile)
      await session.environment.time.sleep(for: .seconds(5))
      throw ProcessorError(.badData, "no sense")
    }
    let run = try FlowRun.drive(sketch)
    #expect(ended.count == 3 && ended.all.allSatisfy { $0.1.failures.map(\.message) == ["no sense"] && $0.2 >= .seconds(5) })
    #expect(seen.all.allSatisfy { $0["all"] == "same" } && seen.all.first?["n"] == nil)
    #expect(run.result.flowfiles.inErrors == seen.count && run.result.flowfiles.removed == 3)
    let parents = run.log.events.compactMap { event in if case .descended(let parent) = event.kind { parent } else { nil } }
    #expect(Set(parents).count == 3)
  }

  @Test("of one lineage stays in it")
  func oneLineage() throws {
    let outcomes = Record<LineageOutcome>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("split")]]) { session in
      session.transfer(session.create { outcomes.add($0) }, to: "success")
      session.exhausted()
    }
    sketch.processor("split", to: ["success": [.to("join")]]) { session in
      for flowFile in session.getAll() {
        for _ in 0..<4 { session.transfer(session.create(childOf: flowFile), to: "success") }
        session.remove(flowFile)
      }
    }
    sketch.processor("join", HoldingProcessor.self, to: ["success": [.drop]], work: Self.join)
    _ = try FlowRun.drive(sketch)
    #expect(outcomes.all.map(\.removed) == [5] && outcomes.all.map(\.finished) == [1])
  }

  @Test("is not made twice by the retry rule: its parents do not return")
  func retry() throws {
    let joins = Record<Int>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("join")]], work: Does.create(2, perTrigger: 2))
    let rule = RetryRule(attempts: 3, backoff: .seconds(1), maximumBackoff: .seconds(1), relationships: ["original"])
    sketch.processor("join", BatchProcessor.self, retry: rule, to: ["success": [.drop], "original": [.drop]]) { session in
      let all = session.getAll()
      joins.add(all.count)
      session.transfer(session.create(joining: all), to: "success")
      for flowFile in all { session.transfer(flowFile, to: "original") }
    }
    let run = try FlowRun.drive(sketch)
    #expect(joins.all == [2] && run.result.flowfiles.finished == 3)
  }
}
