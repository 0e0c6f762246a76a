import FlowCore
import FlowEngine

/// How long a run still takes, as far as its pace and the waits under way tell.
///
/// While work goes on: as long as the participants took that are done. While everything waits for a rate limit or a retry: until then, and again as
/// often as the FlowFiles need that are left, if each time as many end as so far. Never less than until the last FlowFile that waits may go on.
struct LiveEstimate: Sendable {
  let snapshot: FlowSnapshot
  /// Since the run was created.
  let elapsed: Duration
  let participants: LiveUpdate.Participants
  /// The monotonic clock.
  let monotonic: Duration

  /// In seconds; nil while nothing can be said.
  var remaining: Double? {
    let left = participants.total - participants.done
    guard left > 0 else { return nil }
    let penalties = snapshot.queues.compactMap(\.penalty)
    let last = penalties.map { ($0.lastEnd - monotonic).inSeconds }.max() ?? 0
    if let first = penalties.map({ ($0.firstEnd - monotonic).inSeconds }).min(), first > 0, endedCount > 0, isStalled {
      let rounds = (Double(snapshot.flowfiles.created - endedCount) / Double(endedCount)).rounded(.up)
      return max(rounds * (elapsed.inSeconds + first) - elapsed.inSeconds, last)
    }
    guard participants.done > 0 else { return nil }
    return max(elapsed.inSeconds * Double(left) / Double(participants.done), last)
  }

  private var endedCount: Int {
    let flowfiles = snapshot.flowfiles
    return flowfiles.finished + flowfiles.removed + flowfiles.deferred + flowfiles.inErrors + flowfiles.abandoned
  }

  /// Nothing works, and nothing could.
  private var isStalled: Bool { snapshot.running.allSatisfy { $0 == 0 } && snapshot.queues.allSatisfy { $0.availableCount == 0 } }
}
