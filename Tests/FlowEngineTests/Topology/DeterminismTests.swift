import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("determinism")
struct DeterminismTests {
  private var sketch: FlowSketch {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("split", count: 6)]], work: Does.create(30))
    sketch.processor("split", concurrency: 2, to: ["success": [.to("work", count: 4), .to("copy", count: 9)]]) { session in
      for flowFile in session.getAll() {
        for _ in 0..<3 { session.transfer(session.create(childOf: flowFile) { _ in }, to: "success") }
        session.remove(flowFile)
      }
    }
    sketch.processor(
      "work", concurrency: 3,
      retry: RetryRule(attempts: 3, backoff: .seconds(1), maximumBackoff: .seconds(5), relationships: ["failure"]),
      to: ["success": [.drop], "again": [.to("split", count: 2)]]
    ) { session in
      for flowFile in session.getAll() {
        await session.environment.time.sleep(for: .milliseconds(Int64(session.environment.random.next() % 5)))
        switch session.environment.random.next() % 10 {
        case 0: throw ProcessorError(.serverError, "broken")
        case 1 where flowFile.ancestors.count < 3: session.transfer(flowFile, to: "again")
        default: session.transfer(flowFile, to: "success")
        }
      }
    }
    sketch.processor("copy", BatchProcessor.self, to: ["success": [.defer]])
    return sketch
  }

  @Test("the same seed gives the same events, fifty times", arguments: [1, 77])
  func sameSeed(_ seed: UInt64) throws {
    let first = try FlowRun.drive(sketch, seed: seed).log.lines
    #expect(first.count > 500)
    for _ in 1..<50 { #expect(try FlowRun.drive(sketch, seed: seed).log.lines == first) }
  }

  @Test("different seeds give different orders")
  func otherSeeds() throws {
    let logs = try Set((1...20).map { try FlowRun.drive(sketch, seed: UInt64($0)).log.lines })
    #expect(logs.count == 20)
  }

  @Test("the result does not depend on the order")
  func sameEnd() throws {
    for seed in 1...30 as ClosedRange<UInt64> {
      var sketch = FlowSketch()
      sketch.source("source", to: ["success": [.to("a", count: 3), .to("b", count: 2)]], work: Does.create(40))
      sketch.processor("a", concurrency: 2, to: ["success": [.to("b", count: 1)]])
      sketch.processor("b", concurrency: 3, to: ["success": [.drop]]) { session in
        await session.environment.time.sleep(for: .seconds(1))
        try await Does.passOn(session)
      }
      let run = try FlowRun.drive(sketch, seed: seed)
      #expect(run.result.flowfiles.created == 80 && run.result.flowfiles.finished == 80)
      #expect(run["a"].received == 40 && run["b"].received == 80)
    }
  }
}
