/// The destination of failed FlowFiles: entries are durable before the FlowFiles leave the engine.
package protocol ErrorSink: Sendable {
  /// Writes an entry completely or not at all. If it throws, the FlowFile must stay in the engine.
  func write(_ entry: ErrorEntry) async throws
}

/// A failed FlowFile, as written to the error folder.
package struct ErrorEntry: Sendable {
  package var flow: String
  package var run: String
  package var flowFile: FlowFile
  /// The uuids of the FlowFile and its ancestors, the source's first.
  package var lineage: [String]
  /// Names of the processors on its path, ending with the one that failed.
  package var way: [String]
  /// The name and type of the processor that failed.
  package var processor: String
  package var processorType: String
  package var relationship: String
  package var failure: FlowFileFailure
  package var flowSHA256: String
  package var time: Instant

  package init(
    flow: String, run: String, flowFile: FlowFile, lineage: [String], way: [String] = [], processor: String, processorType: String,
    relationship: String, failure: FlowFileFailure, flowSHA256: String, time: Instant
  ) {
    self.flow = flow
    self.run = run
    self.flowFile = flowFile
    self.lineage = lineage
    self.way = way
    self.processor = processor
    self.processorType = processorType
    self.relationship = relationship
    self.failure = failure
    self.flowSHA256 = flowSHA256
    self.time = time
  }
}
