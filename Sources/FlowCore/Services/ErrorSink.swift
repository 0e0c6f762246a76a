/// Where FlowFiles go that failed: on disk and durable before they leave the engine.
package protocol ErrorSink: Sendable {
  /// Writes an entry whole or not at all. Throws when it cannot: then the FlowFile must not leave.
  func write(_ entry: ErrorEntry) async throws
}

/// One FlowFile of the error folder.
package struct ErrorEntry: Sendable {
  package var flow: String
  package var run: String
  package var flowFile: FlowFile
  /// The uuids of the FlowFile and its ancestors, the source's first.
  package var lineage: [String]
  /// The names of the processors on its way, the one where it failed last.
  package var way: [String]
  /// Where it failed: name and type of the processor.
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
