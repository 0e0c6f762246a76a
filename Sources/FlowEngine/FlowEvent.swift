import FlowCore

/// What a flow tells while it runs, in the order in which it happens.
///
/// Told from the tasks that run triggers, outside every lock; what a commit does before the FlowFiles that it sends on can be taken by others.
/// Whoever is told must not block.
package enum FlowEvent: Sendable {
  /// Steps of FlowFiles (provenance): all of one commit. Gathered only while somebody wants them.
  case flowFiles([FlowFileEvent])
  /// As the processors posted them.
  case bulletins([Bulletin])
  /// An entry of the error folder; it is durable.
  case errorEntry(ErrorEntry)
  /// Trouble of the whole run, the first that came.
  case trouble(StopRun)
  case timedOut
  /// The run took too long to end: what was under way is called off.
  case cutOff
}

/// Who is told of a flow's events.
package struct FlowListener: Sendable {
  package var tell: @Sendable (FlowEvent) -> Void
  /// Whether the steps of FlowFiles are wanted now: asked once for each commit.
  package var wantsFlowFiles: @Sendable () -> Bool

  package init(wantsFlowFiles: @escaping @Sendable () -> Bool = { false }, _ tell: @escaping @Sendable (FlowEvent) -> Void = { _ in }) {
    self.tell = tell
    self.wantsFlowFiles = wantsFlowFiles
  }
}

/// One step in the life of a FlowFile.
package struct FlowFileEvent: Sendable {
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
