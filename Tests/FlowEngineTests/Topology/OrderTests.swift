import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("order")
struct OrderTests {
  @Test("first in, first out along a chain under any schedule", arguments: 1...10)
  func firstInFirstOut(_ seed: UInt64) throws {
    let seen = Record<String>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("one", count: 7)]], work: Does.create(100, perTrigger: 3))
    sketch.processor("one", to: ["success": [.to("two", count: 5)]])
    sketch.processor("two", BatchProcessor.self, to: ["success": [.drop]]) { session in
      for flowFile in session.getAll() {
        seen.add(flowFile["n"] ?? "")
        session.transfer(flowFile, to: "success")
      }
    }
    _ = try FlowRun.drive(sketch, seed: seed)
    #expect(seen.all == (0..<100).map(String.init))
  }

  @Test("by priority: smaller integers first, equal ones in order, missing ones last")
  func prioritised() throws {
    let seen = Record<String>()
    let priorities: [String?] = ["5", nil, "-1", "5", "x", "0"]
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("sink", prioritise: "rank")]]) { session in
      for (number, priority) in priorities.enumerated() {
        var flowFile = session.create()
        flowFile["n"] = String(number)
        flowFile["rank"] = priority
        session.transfer(flowFile, to: "success")
      }
      session.exhausted()
    }
    sketch.processor("sink", to: ["success": [.drop]]) { session in
      guard let flowFile = session.get() else { return }
      seen.add(flowFile["n"] ?? "")
      session.transfer(flowFile, to: "success")
    }
    _ = try FlowRun.drive(sketch)
    #expect(seen.all == ["2", "5", "0", "3", "1", "4"])
  }
}
