import FlowCore

/// An error folder in memory. Boundary of its fault plan: `errors.write`.
package final class MemoryErrorSink: ErrorSink {
  private let written = Locked<[ErrorEntry]>([])
  private let faults: FaultPlan

  package init(faults: FaultPlan = FaultPlan()) { self.faults = faults }

  package var entries: [ErrorEntry] { written.withLock { $0 } }

  package func write(_ entry: ErrorEntry) async throws {
    try faults.pass("errors.write")
    written.withLock { $0.append(entry) }
  }
}
