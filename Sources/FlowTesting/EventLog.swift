import FlowCore
import FlowEngine

/// Records all events of a flow, in order.
package final class EventLog: Sendable {
  private let log = Locked<[FlowFileEvent]>([])

  package init() {}

  /// Listens to every FlowFile event; other events go to `others`.
  package func listener(_ others: @escaping @Sendable (FlowEvent) -> Void = { _ in }) -> FlowListener {
    FlowListener(wantsFlowFiles: { _ in .all }) { [self] event in
      if case .flowFiles(let events) = event { record(events) } else { others(event) }
    }
  }

  package func record(_ events: [FlowFileEvent]) { log.withLock { $0 += events } }

  package var events: [FlowFileEvent] { log.withLock { $0 } }
  /// One line each: `worker 0f3c… routed success to sink`. Equal logs mean equal runs.
  package var lines: [String] { events.map { "\($0.processor) \($0.flowFile.id) \($0.kind)" } }

  /// The events of one FlowFile.
  package func events(of id: FlowFileID) -> [FlowFileEvent] { events.filter { $0.flowFile.id == id } }
  /// FlowFiles routed through a relationship of a processor.
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
