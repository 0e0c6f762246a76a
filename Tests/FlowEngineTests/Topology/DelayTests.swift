import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("a FlowFile that is penalised when it is sent on")
struct DelayTests {
  @Test("waits in front of the next processor while others pass, its clones too")
  func waits() throws {
    let seen = Record<(String, Duration)>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("delay")]], work: Does.create(3))
    sketch.processor("delay", to: ["success": [.to("worker"), .to("other")]]) { session in
      for flowFile in session.getAll() {
        if flowFile["n"] == "0" { session.penalise(flowFile, for: .seconds(30), because: "retry") }
        session.transfer(flowFile, to: "success")
      }
    }
    for name in ["worker", "other"] {
      sketch.processor(name, to: ["success": [.drop]]) { session in
        for flowFile in session.getAll() {
          seen.add((flowFile["n"] ?? "", session.environment.time.monotonic))
          session.transfer(flowFile, to: "success")
        }
      }
    }
    _ = try FlowRun.drive(sketch)
    #expect(seen.all.filter { $0.0 == "0" }.map(\.1) == [.seconds(30), .seconds(30)])
    #expect(seen.all.filter { $0.0 != "0" }.allSatisfy { $0.1 == .zero } && seen.count == 6)
  }

  @Test("ends as deferred if the run stops")
  func stops() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("delay")]], work: Does.create(1))
    sketch.processor("delay", to: ["success": [.to("worker")]]) { session in
      guard let flowFile = session.get() else { return }
      session.penalise(flowFile, for: .seconds(3600))
      session.transfer(flowFile, to: "success")
    }
    sketch.processor("worker", to: ["success": [.drop]])
    let executor = ManualExecutor()
    let run = try FlowRun.drive(sketch, executor: executor) { flow in
      await executor.time.sleep(for: .seconds(1))
      flow.stop()
    }
    #expect(run.result.flowfiles.deferred == 1 && run.executor.time.monotonic < .seconds(30))
  }
}
