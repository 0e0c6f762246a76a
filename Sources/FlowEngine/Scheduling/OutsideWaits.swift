import FlowCore

/// What running triggers wait for outside of the engine, such as the network: counts by reason, for each processor.
final class OutsideWaits: Sendable {
  private let counts: Locked<[[String: Int]]>

  init(processorCount: Int) { counts = Locked(Array(repeating: [:], count: processorCount)) }

  func note(_ reason: String, _ change: Int, of processor: Int) {
    counts.withLock { counts in
      let count = counts[processor][reason, default: 0] + change
      precondition(count >= 0, "a wait for '\(reason)' has ended that had not begun")
      counts[processor][reason] = count == 0 ? nil : count
    }
  }

  var current: [[String: Int]] { counts.withLock { $0 } }
}
