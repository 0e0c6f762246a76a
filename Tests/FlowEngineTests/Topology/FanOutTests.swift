import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("fan-out")
struct FanOutTests {
  @Test("each additional destination gets a clone with its own id, in the same lineage")
  func clones() throws {
    let arrived = Record<(String, FlowFile)>()
    let outcomes = Record<LineageOutcome>()
    let keep: Work = { session in
      guard let flowFile = session.get() else { return }
      arrived.add((session.processor, flowFile))
      session.transfer(flowFile, to: "success")
    }
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("first"), .to("second"), .drop, .defer]]) { session in
      var flowFile = session.create { outcomes.add($0) }
      flowFile["colour"] = "red"
      flowFile.content = .bytes([1, 2, 3])
      session.transfer(flowFile, to: "success")
      session.exhausted()
    }
    sketch.processor("first", to: ["success": [.drop]], work: keep)
    sketch.processor("second", to: ["success": [.drop]], work: keep)
    let run = try FlowRun.drive(sketch)

    let original = try #require(arrived.all.first { $0.0 == "first" }).1
    let clone = try #require(arrived.all.first { $0.0 == "second" }).1
    #expect(original.id != clone.id)
    #expect(original.lineage == clone.lineage)
    #expect(clone.ancestors == [original.id])
    #expect(clone["colour"] == "red" && clone.content == .bytes([1, 2, 3]))
    #expect(run.result.flowfiles.created == 4)
    #expect(run.result.flowfiles.finished == 3)
    #expect(run.result.flowfiles.deferred == 1)
    #expect(run["source"].sent == ["success": 1])
    #expect(outcomes.count == 1)
    #expect(outcomes.all.first?.finished == 3 && outcomes.all.first?.deferred == 1)
  }

  @Test("a FlowFile cloned in a loop keeps a bounded list of ancestors, the first one included, which counts in its weight")
  func boundedAncestors() throws {
    let last = Locked<FlowFile?>(nil)
    let first = Locked<FlowFile?>(nil)
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("loop")]], work: Does.create(1))
    sketch.processor("loop", to: ["again": [.drop, .to("loop")], "success": [.drop]]) { session in
      for var flowFile in session.getAll() {
        let rounds = (Int(flowFile["rounds"] ?? "") ?? 0) + 1
        flowFile["rounds"] = String(rounds)
        first.withLock { $0 = $0 ?? flowFile }
        last.withLock { $0 = flowFile }
        session.transfer(flowFile, to: rounds < 500 ? "again" : "success")
      }
    }
    _ = try FlowRun.drive(sketch)
    let (source, end) = (try #require(first.withLock { $0 }), try #require(last.withLock { $0 }))
    #expect(end.ancestors.count == FlowFile.ancestorLimit)
    #expect(end.ancestors.first == source.id)
    #expect(end.sizeBytes >= source.sizeBytes + 16 * FlowFile.ancestorLimit)
  }

  @Test("the source waits while any of its destinations is full")
  func slowestDecides() throws {
    let handle = FlowHandle()
    let highest = Locked(0)
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("fast", count: 100), .to("slow", count: 3)]], work: Does.create(20))
    sketch.processor("fast", to: ["success": [.drop]])
    sketch.processor("slow", to: ["success": [.drop]]) { session in
      await session.environment.time.sleep(for: .seconds(1))
      let queue = handle.flow?.snapshot().queues[1]
      highest.withLock { $0 = max($0, (queue?.availableCount ?? 0) + (queue?.inFlightCount ?? 0)) }
      try await Does.passOn(session)
    }
    let run = try FlowRun.drive(sketch, handle: handle)
    #expect(highest.withLock { $0 } == 3)
    #expect(run.result.flowfiles.finished == 40)
  }
}
