import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("On real threads")
struct ThreadsTests {
  private func environment() -> RuntimeEnvironment {
    RuntimeEnvironment(
      time: DispatchTimeSource(), random: SystemRandomSource(), fileSystem: NoFileSystem(),
      transport: ScriptedTransport(answers: []), json: NoRecordExtractor(), executor: DispatchExecutor(),
      lane: { DispatchLane(label: $0) }, run: "run", flowSHA256: "")
  }

  @Test("100,000 FlowFiles pass five processors and are all accounted for", .timeLimit(.minutes(5)))
  func many() async throws {
    let ended = Locked(0)
    let made = Locked(0)
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("one")]]) { session in
      for _ in 0..<50 {
        guard made.withLock({ made in
          made += 1
          return made <= 100_000
        }) else { return session.exhausted() }
        session.transfer(session.create { _ in ended.withLock { $0 += 1 } }, to: "success")
      }
    }
    sketch.processor("one", concurrency: 2, to: ["success": [.to("two")]])
    sketch.processor("two", BatchProcessor.self, to: ["success": [.to("three")]])
    sketch.processor("three", concurrency: 4, to: ["success": [.to("four")]])
    sketch.processor("four", to: ["success": [.drop]])
    let flow = Flow(
      graph: sketch.graph, processors: sketch.processors, environment: environment(), errors: MemoryErrorSink())
    let result = await flow.run()
    #expect(result.flowfiles.created == 100_000 && result.flowfiles.finished == 100_000)
    #expect(result.processors.dropFirst().allSatisfy { $0.received == 100_000 })
    #expect(ended.withLock { $0 } == 100_000)
  }

  @Test("retries, cycles, fan-out and lineages account for every FlowFile", arguments: 1...3)
  func mixed(_ round: Int) async throws {
    let errors = MemoryErrorSink()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("split", count: 10)]], work: Does.create(500))
    sketch.processor("split", concurrency: 2, to: ["success": [.to("work", count: 10), .to("copy", count: 10)]]) { session in
      for flowFile in session.getAll() {
        for _ in 0..<3 { session.transfer(session.create(childOf: flowFile) { _ in }, to: "success") }
        session.remove(flowFile)
      }
    }
    sketch.processor(
      "work", concurrency: 4,
      retry: RetryRule(
        attempts: 3, backoff: .milliseconds(1), maximumBackoff: .milliseconds(5), relationships: ["failure"]),
      to: ["success": [.drop], "again": [.to("split", count: 2)]]
    ) { session in
      for flowFile in session.getAll() {
        switch session.environment.random.next() % 10 {
        case 0: throw ProcessorError(.serverError, "broken")
        case 1 where flowFile.ancestors.count < 2: session.transfer(flowFile, to: "again")
        default: session.transfer(flowFile, to: "success")
        }
      }
    }
    sketch.processor("copy", BatchProcessor.self, to: ["success": [.defer]])
    let flow = Flow(
      graph: sketch.graph, processors: sketch.processors, environment: environment(), errors: errors)
    let result = await flow.run()
    #expect(result.flowfiles.isBalanced)
    #expect(result.flowfiles.created >= 3500)
    #expect(result.flowfiles.inErrors == errors.entries.count)
    #expect(flow.snapshot().openLineageCount == 0)
  }

  @Test("stops at any moment account for every FlowFile", arguments: 0..<20)
  func stops(_ moment: Int) async throws {
    let handle = FlowHandle()
    let passed = Locked(0)
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("one", count: 10)]]) { session in
      session.transfer(session.create(), to: "success")
    }
    sketch.processor("one", concurrency: 2, to: ["success": [.to("two", count: 10)]])
    sketch.processor("two", concurrency: 2, to: ["success": [.drop]]) { session in
      let number = passed.withLock { passed in
        passed += 1
        return passed
      }
      if number == 20 + moment * 13 { handle.flow?.stop() }
      if number == 21 + moment * 14 { handle.flow?.stopNow() }
      for flowFile in session.getAll() {
        if number % 5 == 0 { session.requeue(flowFile, penalty: .seconds(100)) } else { session.transfer(flowFile, to: "success") }
      }
    }
    let flow = Flow(
      graph: sketch.graph, processors: sketch.processors, environment: environment(), errors: MemoryErrorSink())
    handle.flow = flow
    let result = await flow.run()
    handle.flow = nil
    #expect(result.flowfiles.isBalanced, "\(result.flowfiles)")
    #expect(result.wasStopped)
  }
}
