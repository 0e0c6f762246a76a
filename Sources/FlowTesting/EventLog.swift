import FlowCore
import FlowEngine

/// Keeps every event of a flow, in the order in which they were told.
package final class EventLog: FlowObserver {
  private let log = Locked<[FlowEvent]>([])

  package init() {}

  package func record(_ events: [FlowEvent]) { log.withLock { $0 += events } }

  package var events: [FlowEvent] { log.withLock { $0 } }
  /// One line each: `worker 0f3c… routed success to sink`. Equal logs mean equal runs.
  package var lines: [String] { events.map { "\($0.processor) \($0.flowFile.id) \($0.kind)" } }

  /// What happened to one FlowFile.
  package func events(of id: FlowFileID) -> [FlowEvent] { events.filter { $0.flowFile.id == id } }
  /// Times that FlowFiles came by a relationship of a processor.
  package func routed(_ relationship: String, from processor: String) -> [FlowFile] {
    events.compactMap { event in
      guard event.processor == processor, case .routed(relationship, _) = event.kind else { return nil }
      return event.flowFile
    }
  }
  package var endings: [(flowFile: FlowFile, ending: Ending)] {
    events.compactMap { event in
      guard case .ended(let ending) = event.kind else { return nil }
      return (event.flowFile, ending)
    }
  }
}
