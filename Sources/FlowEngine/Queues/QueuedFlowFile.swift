import FlowCore

/// A FlowFile on its way through a queue. A class, though it never changes: handed from queue to session to queue it costs one reference,
/// not a copy of all that a FlowFile is.
final class QueuedFlowFile: Sendable {
  let flowFile: FlowFile
  /// Tries that the processor behind the queue has made with it and that failed.
  let attempts: Int
  /// What it weighs against the byte threshold; fixed on entry, so that what is added is what is later taken away.
  let sizeBytes: Int

  init(_ flowFile: FlowFile, attempts: Int = 0) {
    self.flowFile = flowFile
    self.attempts = attempts
    sizeBytes = flowFile.sizeBytes
  }
}

/// A FlowFile's place in a queue.
struct QueueEntry: Comparable, Sendable {
  let queued: QueuedFlowFile
  /// Order of arrival in that queue.
  let sequence: UInt64
  /// Smaller first; `Int.max` where the queue has no priority or the FlowFile names none.
  let priority: Int

  init(_ queued: QueuedFlowFile, sequence: UInt64, prioritise attribute: String?) {
    self.queued = queued
    self.sequence = sequence
    priority = attribute.flatMap { queued.flowFile[$0] }.flatMap { Int($0) } ?? Int.max
  }

  static func == (left: QueueEntry, right: QueueEntry) -> Bool { left.sequence == right.sequence }
  /// Comes before the other.
  static func < (left: QueueEntry, right: QueueEntry) -> Bool {
    left.priority == right.priority ? left.sequence < right.sequence : left.priority < right.priority
  }
}

/// A FlowFile that a session has taken, with the place it had.
struct TakenFlowFile: Sendable {
  let connection: Int
  let entry: QueueEntry

  var flowFile: FlowFile { entry.queued.flowFile }
  var attempts: Int { entry.queued.attempts }
}
