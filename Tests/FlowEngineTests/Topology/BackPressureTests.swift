import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("back pressure")
struct BackPressureTests {
  /// The maximum count of the source's output queue with a slow consumer.
  private func highest(
    _ created: Int, perTrigger: Int = 1, concurrency: Int = 1, count: Int = 0, bytes: Int = 0, content: Content = .empty
  ) throws -> (count: Int, bytes: Int) {
    let handle = FlowHandle()
    let highest = Locked((count: 0, bytes: 0))
    let look: @Sendable () -> Void = {
      guard let queue = handle.flow?.snapshot().queues.first else { return }
      highest.withLock {
        $0.count = max($0.count, queue.availableCount + queue.inFlightCount)
        $0.bytes = max($0.bytes, queue.countedBytes)
      }
    }
    let create = Does.create(created, perTrigger: perTrigger, content: content)
    var sketch = FlowSketch()
    sketch.source("source", concurrency: concurrency, to: ["success": [.to("sink", count: count, bytes: bytes)]]) { session in
      await session.environment.time.sleep(for: .milliseconds(1))
      try await create(session)
    }
    sketch.processor("sink", to: ["success": [.drop]]) { session in
      await session.environment.time.sleep(for: .seconds(1))
      look()
      try await Does.passOn(session)
    }
    let run = try FlowRun.drive(sketch, handle: handle)
    #expect(run.result.flowfiles.finished == created)
    return highest.withLock { $0 }
  }

  @Test("a queue holds exactly its count threshold, including FlowFiles in flight")
  func countThreshold() throws {
    #expect(try highest(40, count: 10).count == 10)
  }

  @Test("a queue exceeds its threshold by at most the output of one trigger")
  func overshootOfOneTrigger() throws {
    // The source is triggered at 9.
    #expect(try highest(70, perTrigger: 7, count: 10).count == 9 + 7)
  }

  @Test("concurrent triggers exceed the threshold by at most their number times their output")
  func overshootOfConcurrentTriggers() throws {
    #expect(try highest(60, perTrigger: 3, concurrency: 4, count: 10).count <= 9 + 4 * 3)
  }

  @Test("a byte threshold stops the source as well")
  func byteThreshold() throws {
    // With one attribute, 1,000 bytes of content have a weight of 1,192: the ninth exceeds 10,000.
    #expect(try highest(30, bytes: 10_000, content: .bytes(Array(repeating: 0, count: 1000))).bytes == 9 * 1192)
  }

  @Test("FlowFiles that wait beside their queue count if their processor wants that, and not otherwise", arguments: [(true, 10), (false, 40)])
  func waiting(_ isCounted: Bool, _ highest: Int) throws {
    let handle = FlowHandle(), most = Locked(0)
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker", count: 10)]], work: Does.create(40))
    sketch.processor("worker", to: ["success": [.drop]]) { session in
      if let queue = handle.flow?.snapshot().queues.first { most.withLock { $0 = max($0, queue.penalisedCount + queue.availableCount + queue.inFlightCount) } }
      guard var flowFile = session.get() else { return }
      if flowFile["waited"] != nil { return session.transfer(flowFile, to: "success") }
      flowFile["waited"] = "yes"
      session.requeue(flowFile, penalty: .seconds(60), isCounted: isCounted)
    }
    let run = try FlowRun.drive(sketch, handle: handle)
    #expect(run.result.flowfiles.finished == 40 && most.withLock { $0 } == highest)
  }

  @Test("a threshold of 0 means no limit")
  func switchedOff() throws {
    #expect(try highest(3000, perTrigger: 100).count > 2000)
  }

  @Test("a penalised FlowFile does not count towards the threshold")
  func penalisedDoNotCount() throws {
    let passed = Record<String>()
    let waited = Locked<Set<String>>([])
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("sink", count: 5)]], work: Does.create(100))
    sketch.processor("sink", to: ["success": [.drop]]) { session in
      guard let flowFile = session.get(), let number = flowFile["n"] else { return }
      let isParked = (Int(number) ?? 0) < 90
      if isParked, waited.withLock({ $0.insert(number).inserted }) {
        session.requeue(flowFile, penalty: .seconds(3600))
      } else {
        passed.add(number)
        session.transfer(flowFile, to: "success")
      }
    }
    let run = try FlowRun.drive(sketch)
    #expect(Array(passed.all.prefix(10)) == (90..<100).map { "\($0)" })
    #expect(run.result.flowfiles.finished == 100)
    #expect(run["sink"].penalised == 90)
    #expect(run["sink"].received == 100)
    #expect(run["sink"].queueHighWater >= 90)
  }
}
