import FlowCore

/// Permission to run a processor once, with its slot and first FlowFile reserved.
struct Trigger: Sendable {
  var processor: Int
  /// nil for a source's trigger.
  var first: TakenFlowFile?
  /// What the processor holds.
  var held: [TakenFlowFile] = []
  /// When it wanted them, and with how many further FlowFiles: for those that the session does not ask for.
  var heldUntil: Duration?
  var heldForCount = 1
  /// The run is stopping.
  var isStopping: Bool
  /// Nothing more can come until it has dealt with what it holds.
  var isInputEnded = false
  /// Resolves a deadlocked cycle: may only take FlowFiles from inside the cycle, so that it does not fill further.
  var isRelief = false
}

/// The phase of a run. Only ever increases.
enum RunMode: Int, Comparable, Sendable {
  case running
  /// Sources are not triggered and nothing waits for a retry; the rest is processed.
  case draining
  /// No processor is triggered; queued FlowFiles are deferred.
  case halted
  /// Like `halted`, and running tasks are cancelled because the stop took too long.
  case cutOff
  /// No processor is triggered; queued FlowFiles are abandoned.
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

/// The effects of a session on the queues.
struct Settlement: Sendable {
  struct Arrival: Sendable {
    enum Mode: Sendable, Equatable {
      case transferred
      /// Returns at once to the queue it was taken from.
      case requeued
      /// Returns to that queue at a given time (monotonic); with what it waits for, for displays, and whether it counts against the queue's
      /// thresholds meanwhile.
      case penalised(until: Duration, reason: String? = nil, isCounted: Bool = false)
      /// Goes to a processor that waits before it takes it.
      case delayed(until: Duration, reason: String? = nil)
      /// Stays with the processor that took it, which has held it since then (monotonic).
      case held(since: Duration)

      /// A draining run still processes it.
      var isForNow: Bool {
        switch self {
        case .transferred, .held: true
        case .requeued, .penalised, .delayed: false
        }
      }
    }
    var connection: Int
    var queued: QueuedFlowFile
    var mode: Mode
  }
  /// FlowFiles that leave the queue they were taken from.
  var acknowledged: [TakenFlowFile] = []
  /// FlowFiles that return to their former positions, as if they had not been taken.
  var putBack: [TakenFlowFile] = []
  var arrivals: [Arrival] = []
  /// The processor must not be triggered before this time (monotonic).
  var yieldUntil: Duration?
  /// The source is exhausted.
  var isExhausted = false
  /// When the processor wants what it holds again, at the latest (monotonic).
  var heldUntil: Duration?
  /// With how many further FlowFiles it wants them.
  var heldForCount = 1
}

/// What to do after a change of the scheduler's state, once its lock is released.
struct SchedulerActions: Sendable {
  struct Ended: Sendable {
    var flowFile: FlowFile
    /// The processor whose queue it was in.
    var processor: Int
    var ending: Ending
  }
  /// For the task that has just finished a trigger.
  var next: Trigger?
  /// For new tasks, furthest downstream first.
  var starts: [Trigger] = []
  var ended: [Ended] = []
  /// When to wake the scheduler (monotonic).
  var wakeAt: Duration?
  /// Nothing runs or waits, and no new work can arrive.
  var isDrained = false
}
