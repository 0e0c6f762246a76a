/// Identifies a lineage: a FlowFile and all that descends from it, whose end somebody waits for.
package struct LineageID: Hashable, Sendable {
  package let value: UInt64
  package init(_ value: UInt64) { self.value = value }
}

/// How a lineage's FlowFiles ended, its nested lineages included.
package struct LineageOutcome: Sendable, Equatable {
  package var finished = 0
  package var removed = 0
  package var deferred = 0
  package var abandoned = 0
  /// The failures of the FlowFiles that went to the error folder.
  package var failures: [FlowFileFailure] = []

  package init() {}

  package static func + (left: LineageOutcome, right: LineageOutcome) -> LineageOutcome {
    var sum = left
    sum.finished += right.finished
    sum.removed += right.removed
    sum.deferred += right.deferred
    sum.abandoned += right.abandoned
    sum.failures += right.failures
    return sum
  }
}

/// Called once when the last descendant of a lineage has ended, on the flow's executor, before its parent lineage can end.
/// A throw is an internal error: a bulletin tells, and the run has failed.
package typealias LineageEndHandler = @Sendable (LineageOutcome) async throws -> Void
