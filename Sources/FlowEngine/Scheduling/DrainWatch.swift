import FlowCore

/// How long a run that stops may take to end what is under way.
package struct DrainGrace: Sendable, Equatable {
  /// Without fewer FlowFiles than before being left.
  package var idle: Duration
  /// In all. Below the 90 seconds after which systemd kills.
  package var total: Duration

  package init(idle: Duration = .seconds(30), total: Duration = .seconds(60)) {
    self.idle = idle
    self.total = total
  }
}

/// Decides when a run that stops has had its time.
///
/// Only that fewer FlowFiles are left than ever before counts as progress: those that go round in a loop, or multiply in it, would
/// otherwise keep the run alive for ever.
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

  /// - Parameter left: FlowFiles that have not ended.
  mutating func isOver(left: Int, at now: Duration) -> Bool {
    if left < fewest {
      fewest = left
      lastProgress = now
    }
    return now - started >= grace.total || now - lastProgress >= grace.idle
  }
}
