import FlowCore

/// An event of a running flow, in order of occurrence.
///
/// Sent from the tasks that run triggers, outside of all locks, and before other processors can take the FlowFiles that
/// a commit sends on. The receiver must not block.
package enum FlowEvent: Sendable {
  /// Steps of FlowFiles (provenance) in one commit. Only collected while a listener wants them.
  case flowFiles([FlowFileEvent])
  /// The bulletins posted by a processor, or by the run.
  case bulletins([Bulletin])
  /// A new entry of the error folder; it is already durable.
  case errorEntry(ErrorEntry)
  /// The first failure of the whole run.
  case trouble(StopRun)
  case timedOut
  /// The run took too long to stop; remaining work is cancelled.
  case cutOff
}

/// The receiver of a flow's events.
package struct FlowListener: Sendable {
  package var send: @Sendable (FlowEvent) -> Void
  /// Which steps of FlowFiles in a processor are wanted; queried once per commit.
  package var wantsFlowFiles: @Sendable (_ processor: String) -> FlowFileInterest

  package init(wantsFlowFiles: @escaping @Sendable (_ processor: String) -> FlowFileInterest = { _ in .none }, _ send: @escaping @Sendable (FlowEvent) -> Void = { _ in }) {
    self.send = send
    self.wantsFlowFiles = wantsFlowFiles
  }
}

/// Which steps of FlowFiles are collected. Each costs a little, so that only those that somebody looks at are.
package enum FlowFileInterest: Sendable {
  case none
  /// Those that a processor sends on.
  case sent
  case all
}

/// One step in the life of a FlowFile.
package struct FlowFileEvent: Sendable {
  package enum Kind: Sendable, Equatable {
    /// Created by a source, or injected.
    case created
    /// A child, or a clone for an additional destination.
    case descended(from: FlowFileID)
    /// Sent to a relationship; the destination is a processor's name, `errors`, `defer` or `drop`.
    case routed(relationship: String, to: String)
    /// Returned to its queue by the retry rule.
    case retried(relationship: String, penalty: Duration)
    /// Returned to its queue by the processor.
    case requeued(penalty: Duration)
    case ended(Ending)
  }
  package var kind: Kind
  /// The FlowFile at that moment.
  package var flowFile: FlowFile
  /// The processor in which the step happened.
  package var processor: String
  package var time: Instant
}
