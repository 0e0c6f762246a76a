import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("penalty")
struct PenaltyTests {
  @Test("a penalised FlowFile waits while others pass, and returns with its edits to the end of the queue")
  func othersPass() throws {
    let seen = Record<(number: String, time: Duration, mark: String?)>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]], work: Does.create(3))
    sketch.processor("worker", to: ["success": [.drop]]) { session in
      guard var flowFile = session.get(), let number = flowFile["n"] else { return }
      seen.add((number, session.environment.time.monotonic, flowFile["mark"]))
      if number == "0" && flowFile["mark"] == nil {
        flowFile["mark"] = "edited"
        session.requeue(flowFile, penalty: .seconds(30))
      } else {
        session.transfer(flowFile, to: "success")
      }
    }
    let run = try FlowRun.drive(sketch)
    #expect(seen.all.map(\.number) == ["0", "1", "2", "0"])
    #expect(seen.all.last?.time == .seconds(30))
    #expect(seen.all.last?.mark == "edited")
    #expect(run["worker"].penalised == 1)
    #expect(run["worker"].retried == 0)
    #expect(run["worker"].received == 3, "a FlowFile that is put back was not received yet")
  }

  @Test("several penalties each end at their own time")
  func ownTimes() throws {
    let back = Record<(String, Duration)>()
    let waited = Locked<Set<String>>([])
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]], work: Does.create(4))
    sketch.processor("worker", to: ["success": [.drop]]) { session in
      guard let flowFile = session.get(), let number = flowFile["n"] else { return }
      if waited.withLock({ $0.insert(number).inserted }) {
        session.requeue(flowFile, penalty: .seconds(40 - 10 * (Int64(number) ?? 0)))
      } else {
        back.add((number, session.environment.time.monotonic))
        session.transfer(flowFile, to: "success")
      }
    }
    _ = try FlowRun.drive(sketch)
    #expect(back.all.map(\.0) == ["3", "2", "1", "0"])
    #expect(back.all.map(\.1) == [.seconds(10), .seconds(20), .seconds(30), .seconds(40)])
  }

  @Test("a FlowFile requeued without penalty goes behind those that wait")
  func withoutPenalty() throws {
    let seen = Record<String>()
    let waited = Locked<Set<String>>([])
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]], work: Does.create(3, perTrigger: 3))
    sketch.processor("worker", to: ["success": [.drop]]) { session in
      guard let flowFile = session.get(), let number = flowFile["n"] else { return }
      seen.add(number)
      if waited.withLock({ $0.insert(number).inserted }) {
        session.requeue(flowFile, penalty: .zero)
      } else {
        session.transfer(flowFile, to: "success")
      }
    }
    let run = try FlowRun.drive(sketch)
    #expect(seen.all == ["0", "1", "2", "0", "1", "2"])
    #expect(run["worker"].penalised == 0)
  }
}
