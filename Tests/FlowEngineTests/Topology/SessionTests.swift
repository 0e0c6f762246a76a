import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("session")
struct SessionTests {
  private struct Surprise: Error {}

  private static let offences: [(String, Work)] = [
    ("forgets a FlowFile", { session in _ = session.get() }),
    ("transfers twice", { session in
      for flowFile in session.getAll() {
        session.transfer(flowFile, to: "success")
        session.transfer(flowFile, to: "success")
      }
    }),
    ("transfers to an unknown relationship", { session in
      for flowFile in session.getAll() { session.transfer(flowFile, to: "nowhere") }
    }),
    ("forgets a child", { session in
      for flowFile in session.getAll() {
        _ = session.create(childOf: flowFile)
        session.transfer(flowFile, to: "success")
      }
    }),
    ("requeues what it created", { session in
      for flowFile in session.getAll() {
        session.requeue(session.create(childOf: flowFile), penalty: .zero)
        session.transfer(flowFile, to: "success")
      }
    }),
    ("throws what it should not", { session in
      _ = session.getAll()
      throw Surprise()
    }),
    ("throws before it takes anything", { _ in throw Surprise() }),
  ]

  @Test("a session that breaks a rule is rolled back: the original goes to failure as internal, the processor pauses", arguments: 0..<offences.count)
  func offence(_ index: Int) throws {
    let times = Record<Duration>()
    let work = Self.offences[index].1
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]], work: Does.create(2, perTrigger: 2))
    sketch.processor("worker", to: ["success": [.drop]]) { session in
      times.add(session.environment.time.monotonic)
      session.count("counted")
      try await work(session)
    }
    let run = try FlowRun.drive(sketch)
    #expect(run.errors.entries.map(\.failure.cause) == [.internal, .internal])
    #expect(run.errors.entries.map { $0.flowFile["n"] } == ["0", "1"])
    #expect(run.result.flowfiles.created == 2 && run.result.flowfiles.inErrors == 2)
    #expect(times.all == [.zero, .seconds(1)])
    #expect(run["worker"].counters.isEmpty)
    let bulletin = try #require(run.result.bulletins.first)
    #expect(bulletin.level == .error && bulletin.subject == "internal" && bulletin.count == 2)
    #expect(run.result.stopped == nil)
  }

  @Test("counters and bulletins count on commit, bulletins in groups with three details, equal ones once")
  func committed() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]], work: Does.create(5, content: .bytes([1, 2])))
    sketch.processor("worker", to: ["success": [.drop]]) { session in
      for flowFile in session.getAll() {
        session.count("rows", 10)
        session.post(.info, "noted", flowFile["n"] ?? "")
        session.post(.info, "same", "always so")
        session.transfer(flowFile, to: "success")
      }
    }
    let run = try FlowRun.drive(sketch)
    #expect(run["worker"].counters == ["rows": 50])
    #expect(run["worker"].bytes == 10 && run["worker"].received == 5)
    #expect(
      run.result.bulletins == [
        GroupedBulletin(level: .info, processor: "worker", subject: "noted", count: 5, details: ["0", "1", "2"], hasMore: true),
        GroupedBulletin(level: .info, processor: "worker", subject: "same", count: 5, details: ["always so"]),
      ])
  }

  @Test("bulletins are ordered by severity and processor, independent of the schedule", arguments: [1, 2, 3, 7, 11])
  func bulletinOrder(seed: UInt64) throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("a"), .to("b")]], work: Does.create(6))
    for name in ["b", "a"] {
      sketch.processor(name, concurrency: 3, to: ["success": [.drop]]) { session in
        for flowFile in session.getAll() {
          await session.environment.time.sleep(for: .seconds(Int64(6 - (Int(flowFile["n"] ?? "") ?? 0))))
          session.post(.warning, "odd", "n is \(flowFile["n"] ?? "")")
          session.post(.error, "wrong", "")
          session.transfer(flowFile, to: "success")
        }
      }
    }
    let run = try FlowRun.drive(sketch, seed: seed)
    #expect(run.result.bulletins.map { "\($0.processor) \($0.subject)" } == ["b wrong", "b odd", "a wrong", "a odd"])
    #expect(run.result.bulletins[1].details == ["n is 0", "n is 1", "n is 2"])
  }

  @Test("a FlowFile that a processor removes has ended")
  func removed() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]], work: Does.create(5))
    sketch.processor("worker", to: ["success": [.drop]], work: Does.remove)
    let run = try FlowRun.drive(sketch)
    #expect(run.result.flowfiles.removed == 5 && run["worker"].received == 5)
  }

  @Test("a source that throws is not triggered again, and the run fails")
  func sourceThrows() throws {
    let asked = Record<Int>()
    var sketch = FlowSketch()
    sketch.source("broken", to: ["success": [.drop]]) { session in
      asked.add(1)
      session.transfer(session.create(), to: "success")
      throw ProcessorError(.disk, "the folder cannot be read")
    }
    sketch.source("whole", to: ["success": [.drop]], work: Does.create(3))
    let run = try FlowRun.drive(sketch)
    #expect(asked.count == 1)
    #expect(run.result.flowfiles.created == 3 && run.result.flowfiles.finished == 3)
    #expect(run.result.stopped == StopRun(.failed, .disk, "broken: the folder cannot be read"))
  }

  @Test("a FlowFile sent to the error folder without a reason gets one")
  func reason() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("router")]], work: Does.create(1))
    sketch.processor("router", to: ["unmatched": [.errors]]) { session in
      for flowFile in session.getAll() { session.transfer(flowFile, to: "unmatched") }
    }
    let run = try FlowRun.drive(sketch)
    let failure = try #require(run.errors.entries.first?.failure)
    #expect(failure.cause == .badData && failure.message.contains("unmatched"))
  }
}
