import FlowCore

/// The engine's side of a session in a test of one processor.
package final class TestSessionHost: SessionHost {
  /// FlowFiles not taken yet.
  package private(set) var waiting: [FlowFile]
  private var remaining: Int
  private var held: [HeldFlowFile]
  private var lastLineage: UInt64 = 1

  /// - Parameter limit: how many FlowFiles a trigger may take.
  /// - Parameter held: what the processor holds.
  package init(_ waiting: [FlowFile] = [], limit: Int = .max, held: [HeldFlowFile] = []) {
    self.waiting = waiting
    self.held = held
    remaining = limit
  }

  package func next() -> FlowFile? {
    guard remaining > 0, !waiting.isEmpty else { return nil }
    remaining -= 1
    return waiting.removeFirst()
  }

  package func takeHeld() -> [HeldFlowFile] {
    defer { held = [] }
    return held
  }

  /// What the processor holds and has not taken.
  package var untouchedHeld: [HeldFlowFile] { held }

  package func openLineage() -> LineageID {
    lastLineage += 1
    return LineageID(lastLineage)
  }

  package func count(_ counter: String, _ delta: Int64) {}

  package func noteWait(_ reason: String, _ change: Int) {}
}
