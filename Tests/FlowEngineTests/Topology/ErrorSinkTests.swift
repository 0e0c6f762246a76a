import FlowCore
import FlowEngine
import FlowTesting
import Testing

@Suite("error folder")
struct ErrorSinkTests {
  private func sketch(outcomes: Record<LineageOutcome>) -> FlowSketch {
    let create = Locked(0)
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker", count: 5)], "failure": [.errors]]) { session in
      let number = create.withLock { number in
        defer { number += 1 }
        return number
      }
      guard number < 20 else { return session.exhausted() }
      var flowFile = session.create { outcomes.add($0) }
      flowFile["n"] = String(number)
      let failure = FlowFileFailure(cause: .badRequest, message: "damaged")
      session.transfer(flowFile, to: number % 7 == 6 ? "failure" : "success", because: number % 7 == 6 ? failure : nil)
    }
    sketch.processor("worker", BatchProcessor.self, to: ["success": [.drop]]) { session in
      for flowFile in session.getAll() {
        let isBad = (Int(flowFile["n"] ?? "") ?? 0) % 3 == 0
        if isBad {
          session.transfer(flowFile, to: "failure", because: FlowFileFailure(cause: .badData, message: "no sense"))
        } else {
          session.transfer(flowFile, to: "success")
        }
      }
    }
    return sketch
  }

  @Test("an entry that cannot be written halts the run; nothing is lost for any failing write", arguments: 1...8)
  func writeFails(_ call: Int) throws {
    for frequency in [FaultPlan.Frequency.once, .always] {
      let outcomes = Record<LineageOutcome>()
      let errors = MemoryErrorSink(faults: FaultPlan().fail("errors.write", call: call, frequency))
      let run = try FlowRun.drive(sketch(outcomes: outcomes), errors: errors)
      let stopped = try #require(run.result.stopped)
      #expect(stopped.reason == .failed && stopped.cause == .disk)
      #expect(stopped.message.contains("error folder") && stopped.message.contains("injected fault"))
      #expect(run.result.flowfiles.deferred >= 1)
      #expect(run.result.flowfiles.inErrors == run.result.errorEntries)
      #expect(outcomes.count == run.result.flowfiles.created, "whoever waits for a FlowFile's end is told")
    }
  }

  @Test("without a fault every failed FlowFile has its entry")
  func whole() throws {
    let outcomes = Record<LineageOutcome>()
    let run = try FlowRun.drive(sketch(outcomes: outcomes))
    #expect(run.errors.entries.count == 8)
    #expect(run.result.flowfiles.inErrors == 8 && run.result.errorEntries == 8)
    #expect(run.result.stopped == nil)
    #expect(run["worker"].failed == 6 && run["source"].failed == 2)
  }

  @Test("an entry records the path: each processor once, the failed one last; a clone keeps it and the response")
  func way() throws {
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("first")]]) { session in
      var flowFile = session.create()
      flowFile.response = [1, 2, 3]
      session.transfer(flowFile, to: "success")
      session.exhausted()
    }
    sketch.processor("first", to: ["again": [.to("first")], "success": [.to("worker"), .errors]]) { session in
      guard var flowFile = session.get() else { return }
      let isSecond = flowFile["seen"] != nil
      flowFile["seen"] = "yes"
      session.transfer(flowFile, to: isSecond ? "success" : "again")
    }
    sketch.processor("worker", to: ["success": [.drop]]) { session in
      guard let flowFile = session.get() else { return }
      session.transfer(flowFile, to: "failure", because: FlowFileFailure(cause: .badData, message: "no sense"))
    }
    let run = try FlowRun.drive(sketch)
    #expect(Set(run.errors.entries.map(\.way)) == [["source", "first"], ["source", "first", "worker"]])
    #expect(run.errors.entries.allSatisfy { $0.flowFile.response == [1, 2, 3] })
  }

  @Test("a kept response counts in a FlowFile's weight")
  func weight() {
    var flowFile = FlowFile(id: FlowFileID(SeededRandomSource(seed: 1)), lineage: LineageID(1), created: Instant(seconds: 0))
    let before = flowFile.sizeBytes
    flowFile.response = Array(repeating: 0, count: 1000)
    #expect(flowFile.sizeBytes == before + 1000)
  }

  @Test("an entry is written before the FlowFile leaves its queue and before its lineage ends")
  func before() throws {
    let order = Record<String>()
    struct Noting: ErrorSink {
      var order: Record<String>
      var time: any TimeSource
      func write(_ entry: ErrorEntry) async throws {
        order.add("begin")
        await time.sleep(for: .seconds(1))
        order.add("durable")
      }
    }
    var sketch = FlowSketch()
    sketch.source("source", to: ["success": [.to("worker")]]) { session in
      session.transfer(session.create { _ in order.add("lineage ended") }, to: "success")
      session.exhausted()
    }
    sketch.processor("worker", to: ["success": [.drop]]) { session in
      _ = session.get()
      throw ProcessorError(.badData, "no sense")
    }
    let executor = ManualExecutor()
    let flow = Flow(
      graph: sketch.graph, processors: sketch.processors, environment: .testing(executor: executor),
      errors: Noting(order: order, time: executor.time))
    let result = try executor.run { await flow.run() }
    #expect(order.all == ["begin", "durable", "lineage ended"])
    #expect(result.flowfiles.inErrors == 1)
  }
}
