import FlowCore

/// How a run ended.
package struct FlowResult: Sendable {
  package var flowfiles: FlowFileCounts
  /// In the graph's order.
  package var processors: [ProcessorReport]
  /// The run's own first, then in the graph's order.
  package var bulletins: [GroupedBulletin]
  /// Trouble of the whole run, the first that came. It halted the run, or (a lineage handler's or a source's internal error) only
  /// makes it a failed one.
  package var stopped: StopRun?
  /// By a signal.
  package var wasStopped: Bool
  package var timedOut: Bool
  /// Entries that this run wrote to the error folder.
  package var errorEntries: Int
}

/// A FlowFile that is put into a queue before the start (replay).
package struct InjectedFlowFile: Sendable {
  package var id: FlowFileID
  package var attributes: Attributes
  package var content: Content
  /// The response that the content was made from, where the error folder kept one.
  package var response: [UInt8]?
  /// Indices of the processors that it had left before.
  package var way: [Int]
  /// The ids of its ancestors in the run that lost it, the source's first.
  package var ancestors: [FlowFileID]
  /// Index of the processor that takes it. One that forbids input cannot: the FlowFile then ends as deferred, and a bulletin tells.
  package var processor: Int
  /// Called when it has ended with all that descends from it.
  package var onEnd: LineageEndHandler?

  package init(
    id: FlowFileID, attributes: Attributes, content: Content, response: [UInt8]? = nil, way: [Int] = [], ancestors: [FlowFileID] = [],
    processor: Int, onEnd: LineageEndHandler? = nil
  ) {
    self.id = id
    self.attributes = attributes
    self.content = content
    self.response = response
    self.way = way
    self.ancestors = ancestors
    self.processor = processor
    self.onEnd = onEnd
  }
}

/// A running flow at one moment; its parts are read one after the other and need not agree to the last FlowFile.
package struct FlowSnapshot: Sendable {
  package struct Queue: Sendable, Equatable {
    /// Name of the processor that feeds it; nil for FlowFiles put in from outside.
    package var source: String?
    package var relationship: String
    package var destination: String
    package var availableCount: Int
    /// Taken by a session that has not ended.
    package var inFlightCount: Int
    /// Waits beside the queue for a penalty's end.
    package var penalisedCount: Int
    /// Weight of what is available or in flight.
    package var countedBytes: Int
    /// Stops the processors that feed it.
    package var isFull: Bool
  }
  package var flowfiles: FlowFileCounts
  package var processors: [ProcessorReport]
  package var queues: [Queue]
  /// Triggers under way, by processor.
  package var running: [Int]
  /// Nothing is taken in any more.
  package var isStopping: Bool
  package var openLineageCount: Int
}
