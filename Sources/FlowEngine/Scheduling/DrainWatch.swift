import FlowCore

/// How long a stopping run may take to finish work in progress.
package struct DrainGrace: Sendable, Equatable {
  /// Time without progress.
  package var idle: Duration
  /// Total time. Less than the 90 seconds after which systemd kills a service. A shorter time would give up a token that waits for room on the disk.
  package var total: Duration

  package init(idle: Duration = .seconds(30), total: Duration = .seconds(60)) {
    self.idle = idle
    self.total = total
  }
}

/// Decides when a stopping run has used up its grace period.
///
/// Progress means that fewer FlowFiles are left than ever before. Otherwise, FlowFiles that circulate or multiply in a
/// loop would keep the run alive forever.
struct DrainWatch: Sendable {
  private let grace: DrainGrace
  private let started: Duration
  private var fewest: Int
  private var lastProgress: Duration

  init(_ grace: DrainGrace, left: Int, at now: Duration) {
    self.grace = grace
    started = now
    fewest = left
    lastProgress = now
  }

  /// - Parameter left: the number of FlowFiles that have not ended.
  mutating func isOver(left: Int, at now: Duration) -> Bool {
    if left < fewest {
      fewest = left
      lastProgress = now
    }
    return now - started >= grace.total || now - lastProgress >= grace.idle
  }
}
