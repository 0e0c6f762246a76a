import FlowCore

/// A FlowFile in a queue, with what the queue knows of it.
struct QueuedFlowFile: Sendable {
  var flowFile: FlowFile
  /// Tries that the processor behind the queue has made with it and that failed.
  var attempts: Int
  /// What it weighs against the byte threshold; fixed on entry, so that what is added is what is later taken away.
  let sizeBytes: Int
  /// Its place in its queue; given by the queue.
  private(set) var sequence: UInt64 = 0
  /// Smaller first; `Int.max` where the queue has no priority or the FlowFile names none.
  private(set) var priority = Int.max

  init(_ flowFile: FlowFile, attempts: Int = 0) {
    self.flowFile = flowFile
    self.attempts = attempts
    sizeBytes = flowFile.sizeBytes
  }

  mutating func enter(sequence: UInt64, prioritise attribute: String?) {
    self.sequence = sequence
    priority = attribute.flatMap { flowFile[$0] }.flatMap { Int($0) } ?? Int.max
  }

  /// Comes before the other in a queue.
  func precedes(_ other: QueuedFlowFile) -> Bool {
    priority == other.priority ? sequence < other.sequence : priority < other.priority
  }
}

/// A FlowFile that a session has taken, and the connection it came from.
struct TakenFlowFile: Sendable {
  var connection: Int
  var queued: QueuedFlowFile
}
