import FlowCore

/// How long a stopping run may take to finish work in progress.
package struct DrainGrace: Sendable, Equatable {
  /// Time without progress.
  package var idle: Duration
  /// Total time.
  package var total: Duration

  package init(idle: Duration, total: Duration) {
    self.idle = idle
    self.total = total
  }

  /// After a signal. With the closing steps less than the 30 seconds after which Slurm and Kubernetes kill a job.
  package static let afterSignal = DrainGrace(idle: .seconds(10), total: .seconds(15))
  /// After a failure of the run or its time limit, when nobody is about to kill it: what must reach a full disk waits there for room for longer
  /// than a signal would allow.
  package static let otherwise = DrainGrace(idle: .seconds(30), total: .seconds(60))
}

/// Decides when a stopping run has used up its grace period.
///
/// Progress means that fewer FlowFiles are left than ever before. Otherwise, FlowFiles that circulate or multiply in a
/// loop would keep the run alive forever.
struct DrainWatch: Sendable {
  private var idle: Duration
  private var end: Duration
  private var fewest: Int
  private var lastProgress: Duration

  init(_ grace: DrainGrace, left: Int, at now: Duration) {
    idle = grace.idle
    end = now + grace.total
    fewest = left
    lastProgress = now
  }

  /// Another reason to stop has come: what allows less time counts.
  mutating func tighten(to grace: DrainGrace, at now: Duration) {
    idle = min(idle, grace.idle)
    end = min(end, now + grace.total)
  }

  /// - Parameter left: the number of FlowFiles that have not ended.
  mutating func isOver(left: Int, at now: Duration) -> Bool {
    if left < fewest {
      fewest = left
      lastProgress = now
    }
    return now >= end || now - lastProgress >= idle
  }
}
