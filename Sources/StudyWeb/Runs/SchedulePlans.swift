import FlowBase
import FlowCore
import FlowSchedule

/// What came of a due time.
enum ScheduleOutcome: Sendable, Equatable {
  case began(_ run: String)
  /// A run of the same flow and batch was under way.
  case skipped(_ reason: String)
  case failed(_ reason: String)
  /// The next server makes up for it.
  case stopping

  init(_ refusal: RunRefusal) {
    switch refusal.reason {
    case .underWay: self = .skipped(refusal.message)
    case .stopping: self = .stopping
    case .unknown, .invalid: self = .failed(refusal.message)
    }
  }
}

/// The schedules of a server's flows: pure decisions over wall-clock times.
struct SchedulePlans: Sendable {
  private struct Plan: Sendable {
    /// As it is shown, and told from an earlier one.
    var texts: (times: String, zone: String)
    var stateFolder: String
    var state: ScheduleState
    var status: ScheduleStatus
    /// Its run is just being started.
    var isBusy = false
  }
  /// By the flow's name.
  private var plans: [String: Plan] = [:]

  /// Adds a flow; one without a schedule has no effect.
  mutating func add(_ flow: ServedFlow, _ record: ScheduleRecord, now: Instant) {
    let dueTimes = flow.graph.dueTimes
    guard !dueTimes.isEmpty else { return }
    let texts = (times: Self.joined(dueTimes.map(\.text)), zone: Self.joined(dueTimes.map(\.zone)))
    let state = ScheduleState(dueTimes.map { Self.rhythm($0, of: flow) }, handled: record.handled(flow.name, texts), now: now)
    let status = ScheduleStatus(
      flow: flow.name, cron: texts.times, zone: texts.zone, overlap: flow.graph.schedule?.overlap ?? .skip, next: state.next(after: now))
    plans[flow.name] = Plan(texts: texts, stateFolder: flow.state, state: state, status: status)
  }

  private static func rhythm(_ schedule: DueTime, of flow: ServedFlow) -> Rhythm {
    switch schedule {
    case .every(let interval): return .every(seconds: interval.wholeMilliseconds / 1000)
    case .cron(let text, let zone):
      guard case .success(let expression) = CronExpression.read(text), let zone = CivilZone(zone) else {
        preconditionFailure("flow '\(flow.name)' has a schedule that its loader refuses")
      }
      return .cron(expression, in: zone)
    }
  }

  private static func joined(_ texts: [String]) -> String {
    var different: [String] = []
    for text in texts where !different.contains(text) { different.append(text) }
    return different.joined(separator: "; ")
  }

  func status(of flow: String, at now: Instant) -> ScheduleStatus? {
    guard let plan = plans[flow] else { return nil }
    var status = plan.status
    status.next = plan.state.next(after: now)
    return status
  }

  /// When the next run of any flow is due; nil if no flow has a schedule.
  func next(after now: Instant) -> Instant? { plans.values.map { $0.state.next(after: now) }.min() }

  /// The flows whose run is due, in the order of their names. Each must be settled before it comes due again.
  mutating func takeDue(at now: Instant) -> [(flow: String, due: ScheduleState.Due)] {
    var taken: [(String, ScheduleState.Due)] = []
    for flow in plans.keys.sorted() where plans[flow]?.isBusy == false {
      guard let due = plans[flow]?.state.due(at: now) else { continue }
      plans[flow]?.isBusy = true
      taken.append((flow, due))
    }
    return taken
  }

  /// Records what came of a due time. Returns the state folder whose record has changed; nil if none has.
  mutating func settle(_ flow: String, _ due: ScheduleState.Due, _ outcome: ScheduleOutcome) -> String? {
    guard var plan = plans[flow] else { return nil }
    precondition(plan.isBusy, "a due time was settled that was not taken")
    plan.isBusy = false
    defer { plans[flow] = plan }
    if outcome == .stopping { return nil }
    plan.state.handle(due)
    plan.status.last = due.time
    plan.status.lastRun = nil
    plan.status.problem = nil
    plan.status.counts.missed += due.missedCount
    switch outcome {
    case .began(let run):
      plan.status.lastRun = run
      plan.status.counts.started += 1
    case .skipped(let reason):
      plan.status.problem = reason
      plan.status.counts.skipped += 1
    case .failed(let reason):
      plan.status.problem = reason
      plan.status.counts.failed += 1
    case .stopping: break
    }
    return plan.stateFolder
  }

  /// Notes until when the due times of a state folder's flows are handled.
  func note(in record: inout ScheduleRecord, of folder: String) {
    for (flow, plan) in plans where plan.stateFolder == folder { record.set(flow, plan.texts, handled: plan.state.handled) }
  }
}
