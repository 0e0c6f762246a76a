import FlowCore
import FlowEngine
import FlowTesting
import Testing

/// A flow run to its end on one thread, with its results. Every run checks that all FlowFiles are accounted for.
struct FlowRun {
  var result: FlowResult
  var log: EventLog
  var errors: MemoryErrorSink
  var executor: ManualExecutor

  subscript(processor: String) -> ProcessorReport {
    result.processors.first { $0.name == processor } ?? ProcessorReport(name: "?", type: "?")
  }

  /// - Parameter script: runs concurrently with the flow, for example to stop it through `handle`.
  static func drive(
    _ sketch: FlowSketch, seed: UInt64 = 1, errors: MemoryErrorSink = MemoryErrorSink(), injected: [InjectedFlowFile] = [],
    triggersSources: Bool = true, timeout: Duration? = nil, grace: DrainGrace? = nil,
    hear: @escaping @Sendable (FlowEvent) -> Void = { _ in }, executor: ManualExecutor? = nil, handle: FlowHandle = FlowHandle(),
    script: (@Sendable (Flow) async -> Void)? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> FlowRun {
    let executor = executor ?? ManualExecutor(seed: seed)
    let log = EventLog()
    let flow = Flow(
      graph: sketch.graph, processors: sketch.processors, environment: .testing(executor: executor), errors: errors,
      injected: injected, triggersSources: triggersSources, timeout: timeout, grace: grace ?? .otherwise,
      graceAfterSignal: grace ?? .afterSignal, listener: log.listener(hear))
    handle.flow = flow
    let result = try executor.run {
      async let end = flow.run()
      await script?(flow)
      return await end
    }
    expectBooksInOrder(result, log, errors, flow, sourceLocation)
    return FlowRun(result: result, log: log, errors: errors, executor: executor)
  }

  private static func expectBooksInOrder(
    _ result: FlowResult, _ log: EventLog, _ errors: MemoryErrorSink, _ flow: Flow, _ sourceLocation: SourceLocation
  ) {
    #expect(result.flowfiles.isBalanced, "\(result.flowfiles)", sourceLocation: sourceLocation)
    let endings = log.endings
    #expect(endings.count == result.flowfiles.created, sourceLocation: sourceLocation)
    #expect(Set(endings.map(\.flowFile.id)).count == endings.count, "a FlowFile ended twice", sourceLocation: sourceLocation)
    #expect(errors.entries.count >= result.flowfiles.inErrors, sourceLocation: sourceLocation)
    let snapshot = flow.snapshot()
    #expect(snapshot.openLineageCount == 0, sourceLocation: sourceLocation)
    #expect(
      snapshot.queues.allSatisfy { $0.availableCount + $0.inFlightCount + $0.penalisedCount + $0.heldCount + $0.countedBytes == 0 },
      "\(snapshot.queues)", sourceLocation: sourceLocation)
    #expect(snapshot.running.allSatisfy { $0 == 0 }, sourceLocation: sourceLocation)
  }
}

/// The flow under test, for the closures of its processors.
final class FlowHandle: Sendable {
  private let storage = Locked<Flow?>(nil)
  var flow: Flow? {
    get { storage.withLock { $0 } }
    set { storage.withLock { $0 = newValue } }
  }
}

/// A list that closures add to.
final class Record<Element: Sendable>: Sendable {
  private let storage = Locked<[Element]>([])
  var all: [Element] { storage.withLock { $0 } }
  var count: Int { all.count }
  func add(_ element: Element) { storage.withLock { $0.append(element) } }
}
