import FlowCore
import FlowEngine
import StudyModel
import StudyProcessors

/// How long a run still takes, as far as its pace, the waits under way and the limits of the providers tell.
///
/// While work goes on: as long as the participants took that are done. While everything waits for a rate limit or a retry: until then, and again as
/// often as the FlowFiles need that are left, if each time as many end as so far. Never less than until the last FlowFile that waits may go on, and
/// than the limits leave for the requests that FlowFiles wait for.
struct LiveEstimate: Sendable {
  let snapshot: FlowSnapshot
  /// Since the run was created.
  let elapsed: Duration
  /// Done are those of whom nothing more is collected, deferred ones too.
  let participants: LiveUpdate.Participants
  /// The monotonic clock.
  let monotonic: Duration
  var limits = RequestsAhead()
  /// The wall clock.
  var now = Instant(seconds: 0)

  /// In seconds; nil while nothing can be said.
  var remaining: Double? {
    let left = participants.total - participants.done
    guard left > 0 else { return nil }
    let least = limits.least(participants: left, from: now).inSeconds
    guard let paced = paced(left) else { return least > 0 ? least : nil }
    return max(paced, least)
  }

  private func paced(_ left: Int) -> Double? {
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

/// The requests that FlowFiles wait for, and what the providers allow.
struct RequestsAhead: Sendable, Equatable {
  var count = 0
  /// For each participant.
  var limits: [RequestLimit] = []
  /// For the client, for all participants together.
  var clientLimits: [RequestLimit] = []

  init(count: Int = 0, limits: [RequestLimit] = [], clientLimits: [RequestLimit] = []) {
    self.count = count
    self.limits = limits
    self.clientLimits = clientLimits
  }

  /// Each FlowFile that waits before a processor that asks endpoints needs as many requests as those before it.
  init(_ snapshot: FlowSnapshot, _ providers: [any RequestBudget]) {
    let asking = snapshot.processors.filter { $0.type == InvokeEndpoint.descriptor.type }
    for processor in asking {
      let waiting = snapshot.queues.reduce(0) { $0 + ($1.destination == processor.name ? $1.availableCount + $1.penalisedCount : 0) }
      let sent = Int(processor.counters[InvokeEndpoint.requests] ?? 0)
      count += processor.received > 0 && sent > processor.received ? waiting * sent / processor.received : waiting
    }
    limits = providers.compactMap(\.limit)
    clientLimits = providers.flatMap(\.clientLimits)
  }

  /// The shortest time in which they can be sent, evenly spread over so many participants, if none were sent before.
  func least(participants: Int, from now: Instant) -> Duration {
    let each = (count + participants - 1) / max(participants, 1)
    return (limits.map { $0.time(for: each, from: now) } + clientLimits.map { $0.time(for: count, from: now) }).max() ?? .zero
  }
}
