/// Identifies a lineage: a FlowFile and all its descendants, whose common end is observed.
package struct LineageID: Hashable, Sendable {
  package let value: UInt64
  package init(_ value: UInt64) { self.value = value }
}

/// How a lineage's FlowFiles ended, including nested lineages.
package struct LineageOutcome: Sendable, Equatable {
  package var finished = 0
  package var removed = 0
  package var deferred = 0
  package var abandoned = 0
  /// The number of FlowFiles that went to the error folder.
  package private(set) var failed = 0
  /// The first failure of each cause and subject, in order of appearance. This bounds the memory of a lineage with many
  /// failures; failures of nested lineages have no subject here.
  package private(set) var failures: [FlowFileFailure] = []

  package init() {}

  /// Counts a FlowFile that went to the error folder.
  package mutating func add(_ failure: FlowFileFailure) {
    failed += 1
    note(failure)
  }

  private mutating func note(_ failure: FlowFileFailure) {
    if !failures.contains(where: { $0.cause == failure.cause && $0.subject == failure.subject }) { failures.append(failure) }
  }

  package static func + (left: LineageOutcome, right: LineageOutcome) -> LineageOutcome {
    var sum = left
    sum.finished += right.finished
    sum.removed += right.removed
    sum.deferred += right.deferred
    sum.abandoned += right.abandoned
    sum.failed += right.failed
    for var failure in right.failures {
      failure.subject = nil
      sum.note(failure)
    }
    return sum
  }
}

/// Called once when the last descendant of a lineage has ended, on the flow's executor, before the parent lineage can
/// end. If it throws, that is an internal error: it is reported as a bulletin, and the run fails. What it has to say otherwise it posts to the run's
/// `HandlerBulletins`.
package typealias LineageEndHandler = @Sendable (LineageOutcome) async throws -> Void
