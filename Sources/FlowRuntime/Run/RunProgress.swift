import FlowCore
import FlowEngine

/// The progress of a run at one moment, for displays.
package struct RunProgress: Sendable, Equatable {
  /// Since the run was created.
  package var elapsed = Duration.zero
  package var flowfiles = FlowFileCounts()
  /// FlowFiles that wait for the end of a penalty.
  package var waitingCount = 0
  package var participantsDone = 0
  package var participantsTotal = 0
  /// The run takes in nothing new.
  package var isStopping = false
  /// Why the run is stopping.
  package var stopReason: String?

  package init() {}

  init(_ snapshot: FlowSnapshot, elapsed: Duration, participants: (done: Int, total: Int), stopReason: String?) {
    self.elapsed = elapsed
    flowfiles = snapshot.flowfiles
    waitingCount = snapshot.queues.reduce(0) { $0 + $1.penalisedCount }
    (participantsDone, participantsTotal) = participants
    isStopping = snapshot.isStopping
    self.stopReason = stopReason
  }
}
