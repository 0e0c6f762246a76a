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
  /// How many FlowFiles went to the error folder.
  package private(set) var failed = 0
  /// The first failure of each cause, in the order in which the causes came. A lineage of a hundred thousand failures is as light as one.
  package private(set) var failures: [FlowFileFailure] = []

  package init() {}

  /// A FlowFile went to the error folder.
  package mutating func add(_ failure: FlowFileFailure) {
    failed += 1
    note(failure)
  }

  private mutating func note(_ failure: FlowFileFailure) {
    if !failures.contains(where: { $0.cause == failure.cause }) { failures.append(failure) }
  }

  package static func + (left: LineageOutcome, right: LineageOutcome) -> LineageOutcome {
    var sum = left
    sum.finished += right.finished
    sum.removed += right.removed
    sum.deferred += right.deferred
    sum.abandoned += right.abandoned
    sum.failed += right.failed
    for failure in right.failures { sum.note(failure) }
    return sum
  }
}

/// Called once when the last descendant of a lineage has ended, on the flow's executor, before its parent lineage can end.
/// A throw is an internal error: a bulletin tells, and the run has failed.
package typealias LineageEndHandler = @Sendable (LineageOutcome) async throws -> Void
