import FlowCore

/// How a run ended.
package struct FlowResult: Sendable {
  package var flowfiles: FlowFileCounts
  /// In the graph's order.
  package var processors: [ProcessorReport]
  /// The run's own first, then in the graph's order.
  package var bulletins: [GroupedBulletin]
  /// The first failure of the whole run. It halted the run or, if it came from a lineage handler or a source, only
  /// marked it as failed.
  package var stopped: StopRun?
  /// Stopped by a signal.
  package var wasStopped: Bool
  package var timedOut: Bool
  /// The number of error entries that this run wrote.
  package var errorEntries: Int
}

/// A FlowFile placed in a queue before the start (replay).
package struct InjectedFlowFile: Sendable {
  package var id: FlowFileID
  package var attributes: Attributes
  package var content: Content
  /// The response from which the content was made, if the error folder kept it.
  package var response: [UInt8]?
  /// Indices of the processors that it has left.
  package var way: [Int]
  /// The ids of its ancestors in the original run, the source's first.
  package var ancestors: [FlowFileID]
  /// Index of the receiving processor. If that processor forbids input, the FlowFile ends as deferred and a bulletin is
  /// posted.
  package var processor: Int
  /// Called when the FlowFile and all its descendants have ended.
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

/// The state of a running flow. The parts are read one after the other, so they may be slightly inconsistent.
package struct FlowSnapshot: Sendable {
  package struct Queue: Sendable, Equatable {
    /// The processor that feeds the queue; nil for injected FlowFiles.
    package var source: String?
    package var relationship: String
    package var destination: String
    package var availableCount: Int
    /// Taken by sessions that have not ended.
    package var inFlightCount: Int
    /// Waiting beside the queue for the end of a penalty.
    package var penalisedCount: Int
    /// Held by the processor behind the queue.
    package var heldCount = 0
    /// Bytes of available and in-flight FlowFiles.
    package var countedBytes: Int
    /// A threshold is reached, which blocks the processors that feed it.
    package var isFull: Bool
    /// The number of FlowFiles at which it is full; 0 if only bytes are limited.
    package var limit: Int
    /// nil if no FlowFile is penalised.
    package var penalty: Penalty?
  }
  /// The FlowFiles of a queue that wait for the end of a penalty; times are monotonic.
  package struct Penalty: Sendable, Equatable {
    /// What the one waits for that returns first.
    package var reason: String?
    package var firstEnd: Duration
    package var lastEnd: Duration
  }
  package var flowfiles: FlowFileCounts
  package var processors: [ProcessorReport]
  package var queues: [Queue]
  /// Active triggers, by processor.
  package var running: [Int]
  /// How many of them wait for what outside of the engine, by processor.
  package var outside: [[String: Int]]
  /// Until when a processor is not triggered because it has yielded (monotonic), by processor; nil if it has not.
  package var yields: [Duration?]
  /// Whether a source has no more data, by processor; true for processors that are no source.
  package var exhausted: [Bool]
  /// The run is stopping and takes in nothing new.
  package var isStopping: Bool
  package var openLineageCount: Int
}
