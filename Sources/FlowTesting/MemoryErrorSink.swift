import FlowCore

/// An in-memory error folder. Like the real one, it keeps one entry for each FlowFile, processor and run. Fault plan
/// boundary: `errors.write`.
package final class MemoryErrorSink: ErrorSink {
  private struct Place: Hashable {
    var flow: String
    var run: String
    var processor: String
    var flowFile: FlowFileID
  }
  private struct State {
    var entries: [ErrorEntry] = []
    var places: Set<Place> = []
  }
  private let state = Locked(State())
  private let faults: FaultPlan

  package init(faults: FaultPlan = FaultPlan()) { self.faults = faults }

  package var entries: [ErrorEntry] { state.withLock { $0.entries } }

  package func write(_ entry: ErrorEntry) async throws {
    try faults.pass("errors.write")
    let place = Place(flow: entry.flow, run: entry.run, processor: entry.processor, flowFile: entry.flowFile.id)
    state.withLock { state in
      if state.places.insert(place).inserted { state.entries.append(entry) }
    }
  }
}
