import FlowCore

/// A FlowFile in transit between queues. An immutable class, so that passing it on costs one reference instead of a
/// copy of the struct.
final class QueuedFlowFile: Sendable {
  let flowFile: FlowFile
  /// The number of failed tries of the processor behind the queue.
  let attempts: Int
  /// Its size for the byte threshold. Fixed on entry, so that the queue subtracts what it added.
  let sizeBytes: Int

  init(_ flowFile: FlowFile, attempts: Int = 0) {
    self.flowFile = flowFile
    self.attempts = attempts
    sizeBytes = flowFile.sizeBytes
  }
}

/// A FlowFile with its position in a queue.
struct QueueEntry: Comparable, Sendable {
  let queued: QueuedFlowFile
  /// Order of arrival in the queue.
  let sequence: UInt64
  /// Smaller comes first; `Int.max` if the queue is not prioritised or the FlowFile lacks the attribute.
  let priority: Int

  init(_ queued: QueuedFlowFile, sequence: UInt64, prioritise attribute: String?) {
    self.queued = queued
    self.sequence = sequence
    priority = attribute.flatMap { queued.flowFile[$0] }.flatMap { Int($0) } ?? Int.max
  }

  static func == (left: QueueEntry, right: QueueEntry) -> Bool { left.sequence == right.sequence }
  /// Whether the left entry comes first.
  static func < (left: QueueEntry, right: QueueEntry) -> Bool {
    left.priority == right.priority ? left.sequence < right.sequence : left.priority < right.priority
  }
}

/// A FlowFile taken by a session, with its former position.
struct TakenFlowFile: Sendable {
  let connection: Int
  let entry: QueueEntry
  /// When the processor first held it (monotonic); nil if it comes from the queue. A held one is not in the queue's counts any more.
  var heldSince: Duration?

  var flowFile: FlowFile { entry.queued.flowFile }
  var attempts: Int { entry.queued.attempts }

  init(connection: Int, entry: QueueEntry, heldSince: Duration? = nil) {
    self.connection = connection
    self.entry = entry
    self.heldSince = heldSince
  }
}
