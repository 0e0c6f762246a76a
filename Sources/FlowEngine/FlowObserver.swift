import FlowCore

/// Is told what becomes of every FlowFile (provenance). Without one, nothing is gathered.
///
/// Called from the tasks that run triggers, once for each commit and outside every lock, before the FlowFiles that the commit sends
/// on can be taken by others. Must not block.
package protocol FlowObserver: Sendable {
  func record(_ events: [FlowEvent])
}

/// One step in the life of a FlowFile.
package struct FlowEvent: Sendable {
  package enum Kind: Sendable, Equatable {
    /// By a source, or put in from outside.
    case created
    /// A child, or a further destination's clone.
    case descended(from: FlowFileID)
    /// Sent out by a relationship; the destination is a processor's name, `errors`, `defer` or `drop`.
    case routed(relationship: String, to: String)
    /// Back to its queue, to be tried again after the penalty.
    case retried(relationship: String, penalty: Duration)
    /// Back to its queue by the processor's own wish.
    case requeued(penalty: Duration)
    case ended(Ending)
  }
  package var kind: Kind
  /// As it was then.
  package var flowFile: FlowFile
  /// Name of the processor where it happened.
  package var processor: String
  package var time: Instant
}
