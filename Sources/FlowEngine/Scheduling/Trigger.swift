import FlowCore

/// Leave to run a processor once; its slot and its first FlowFile are reserved.
struct Trigger: Sendable {
  var processor: Int
  /// nil: a source's trigger.
  var first: TakenFlowFile?
  /// The run takes nothing in any more.
  var isStopping: Bool
  /// Lets a blocked cycle move: takes only what is inside the cycle, so that the cycle does not fill further.
  var isRelief = false
}

/// How far a run is on its way to the end. Only ever goes up.
enum RunMode: Int, Comparable, Sendable {
  case running
  /// Sources are not triggered and nothing waits for a retry; the rest passes through.
  case draining
  /// Nothing is triggered; what was queued is deferred.
  case halted
  /// The same, and what still runs is cancelled: the end took too long.
  case cutOff
  /// Nothing is triggered; what was queued is abandoned.
  case aborted

  static func < (left: RunMode, right: RunMode) -> Bool { left.rawValue < right.rawValue }
}

/// How a FlowFile ended.
package enum Ending: Sendable, Equatable {
  case finished
  case removed
  case deferred
  case inErrors(FlowFileFailure)
  case abandoned
}

/// What a session did to the queues.
struct Settlement: Sendable {
  struct Arrival: Sendable {
    enum Manner: Sendable, Equatable {
      case transferred
      /// Comes again to the queue it was taken from, at once.
      case requeued
      /// The same, but it waits until a time (monotonic).
      case penalised(until: Duration)
    }
    var connection: Int
    var queued: QueuedFlowFile
    var manner: Manner
  }
  /// FlowFiles that have left the queue they were taken from.
  var acknowledged: [TakenFlowFile] = []
  /// FlowFiles that go back to it as if they had not been taken.
  var putBack: [TakenFlowFile] = []
  var arrivals: [Arrival] = []
  /// The processor is not triggered before (monotonic).
  var yieldUntil: Duration?
  /// The source has no more.
  var isExhausted = false
}

/// What to do after the scheduler's state has changed, once its lock is released.
struct SchedulerActions: Sendable {
  struct Ended: Sendable {
    var flowFile: FlowFile
    /// Whose queue it was in.
    var processor: Int
    var ending: Ending
  }
  /// For the task that has just finished a trigger.
  var next: Trigger?
  /// For new tasks, what is furthest downstream first.
  var starts: [Trigger] = []
  var ended: [Ended] = []
  /// Wake the scheduler at this time (monotonic).
  var wakeAt: Duration?
  /// Nothing runs, nothing waits and nothing can come any more.
  var isDrained = false
}
