import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("yield")
struct YieldTests {
  @Test("a yielding processor waits with all its FlowFiles; the others continue")
  func processorWaits() throws {
    let times = Record<(String, Duration)>()
    let hasYielded = Locked(false)
    let note: Work = { session in
      times.add((session.processor, session.environment.time.monotonic))
      try await Does.passOn(session)
    }
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("tired"), .to("lively")]], work: Does.create(2))
    sketch.processor("tired", to: ["success": [.drop]]) { session in
      if hasYielded.withLock({ yielded in
        defer { yielded = true }
        return !yielded
      }) {
        session.yield(.seconds(5))
        return
      }
      try await note(session)
    }
    sketch.processor("lively", to: ["success": [.drop]], work: note)
    _ = try FlowRun.drive(sketch)
    #expect(times.all.filter { $0.0 == "tired" }.map(\.1) == [.seconds(5), .seconds(5)])
    #expect(times.all.filter { $0.0 == "lively" }.map(\.1) == [.zero, .zero])
  }

  @Test("a source that yields without output is triggered again")
  func sourceWaits() throws {
    let asked = Record<Duration>()
    let create = Does.create(1)
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.drop]]) { session in
      asked.add(session.environment.time.monotonic)
      if asked.count < 3 { session.yield(.seconds(10)) } else { try await create(session) }
    }
    let run = try FlowRun.drive(sketch)
    #expect(asked.all.prefix(3) == [.zero, .seconds(10), .seconds(20)])
    #expect(run.result.flowfiles.finished == 1)
  }

  @Test("a processor that leaves its input is not triggered in a busy loop")
  func boredom() throws {
    let asked = Record<Duration>()
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("choosy")]], work: Does.create(1))
    sketch.processor("choosy", to: ["success": [.drop]]) { session in
      asked.add(session.environment.time.monotonic)
      if asked.count == 4 { try await Does.passOn(session) }
    }
    _ = try FlowRun.drive(sketch)
    #expect(asked.all == [.zero, .milliseconds(10), .milliseconds(20), .milliseconds(30)])
  }
}
