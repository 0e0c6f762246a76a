import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

/// A wrong count stops the program: a run that continued would lose FlowFiles and report success.
@Suite("The invariants of the engine are checked")
struct InvariantTests {
  @Test("the count of a lineage cannot go below zero")
  func lineageBelowZero() async {
    await #expect(processExitsWith: .failure) {
      var state = LineageState(maximumPumpCount: 1)
      let lineage = state.makeID()
      _ = state.apply(LineageChanges(opened: [.init(lineage: lineage, parent: nil, onEnd: { _ in })], created: [lineage]))
      _ = state.apply(LineageChanges(ended: [(lineage, .finished), (lineage, .finished)]))
    }
  }

  @Test("nothing joins a lineage that has ended")
  func lineageReopened() async {
    await #expect(processExitsWith: .failure) {
      var state = LineageState(maximumPumpCount: 1)
      let lineage = state.makeID()
      _ = state.apply(LineageChanges(opened: [.init(lineage: lineage, parent: nil, onEnd: { _ in })], created: [lineage]))
      _ = state.apply(LineageChanges(ended: [(lineage, .finished)]))
      _ = state.apply(LineageChanges(created: [lineage]))
    }
  }

  @Test("a queue takes back no more than was taken from it")
  func queueBelowZero() async {
    await #expect(processExitsWith: .failure) {
      var queue = ConnectionState(QueueLimits())
      queue.append(QueuedFlowFile(FlowFile(id: FlowFileID(SeededRandomSource(seed: 1)), lineage: LineageID(1), created: Instant(seconds: 0))))
      guard let taken = queue.take() else { return }
      queue.acknowledge(taken)
      queue.acknowledge(taken)
    }
  }

  @Test("no more FlowFiles end than were created")
  func booksBelowZero() async {
    await #expect(processExitsWith: .failure) {
      var changes = CounterChanges(processor: 0)
      changes.created = 1
      changes.endings = [.finished, .removed]
      var sketch = FlowSketch()
      sketch.source("source", to: [:], work: Does.remove)
      var counters = CountersState(FlowTopology(sketch.graph))
      counters.apply(changes)
    }
  }

  @Test("a counter only goes up")
  func counters() async {
    await #expect(processExitsWith: .failure) {
      let session = ProcessSession(processor: "test", environment: .undriven(), host: TestSessionHost())
      session.count("rows", -1)
    }
  }

  @Test("the marks of a column match the rows of the batch")
  func marks() async {
    await #expect(processExitsWith: .failure) {
      _ = RecordBatch(columns: [.init(name: "a", values: .integer([1, 2]), isNull: [true])], count: 2)
    }
  }
}
