import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("fairness")
struct FairnessTests {
  @Test("a processor with several queues takes from them in turn")
  func queuesInTurn() throws {
    let seen = Record<String>()
    let tagged: @Sendable (String, Int) -> Work = { tag, count in
      { session in
        for _ in 0..<count {
          var flowFile = session.create()
          flowFile["tag"] = tag
          session.transfer(flowFile, to: "success")
        }
        session.exhausted()
      }
    }
    var sketch = FlowSketch()
    sketch.source("long", to: ["success": [.to("sink")]], work: tagged("long", 100))
    sketch.source("short", to: ["success": [.to("sink")]], work: tagged("short", 10))
    sketch.processor("sink", to: ["success": [.drop]]) { session in
      if seen.count == 0 { await session.environment.time.sleep(for: .seconds(1)) }
      guard let flowFile = session.get() else { return }
      seen.add(flowFile["tag"] ?? "")
      session.transfer(flowFile, to: "success")
    }
    for seed in 1...5 as ClosedRange<UInt64> {
      _ = try FlowRun.drive(sketch, seed: seed)
    }
    #expect(seen.all.prefix(22).count { $0 == "short" } == 10, "the long backlog does not keep the short one waiting")
  }

  @Test("a processor with endless work does not starve the others", arguments: 1...5)
  func giveWay(_ seed: UInt64) throws {
    let handle = FlowHandle()
    var sketch = FlowSketch()
    sketch.source("spinner", to: ["success": [.to("wheel")]], work: Does.create(1))
    sketch.processor("wheel", to: ["again": [.to("wheel")]]) { session in
      for flowFile in session.getAll() { session.transfer(flowFile, to: session.isStopping ? "failure" : "again") }
    }
    sketch.source("source", to: ["success": [.to("sink")]], work: Does.create(500))
    sketch.processor("sink", to: ["success": [.drop]]) { session in
      for flowFile in session.getAll() {
        if flowFile["n"] == "499" { handle.flow?.stop() }
        session.transfer(flowFile, to: "success")
      }
    }
    let run = try FlowRun.drive(sketch, seed: seed, handle: handle)
    #expect(run["sink"].received == 500)
  }
}
