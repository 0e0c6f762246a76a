import FlowCore
import FlowRuntime
import FlowSchedule

/// Starts the runs of the served flows when their schedules say so.
///
/// - A run that is due while one of the same flow and batch is under way is left out and counted.
/// - Due times that passed while the machine slept or no server ran are made up for by one run, as soon as a server runs again.
/// - The state folder holds until when due times are handled. It is written after a run has begun: a server that dies in between starts the run
///   again, which asks only for what is missing.
///
/// The clock on the wall is looked at once a minute at least, because it may jump. May be used from any task.
package final class ScheduleKeeper: Sendable {
  private static let longestWait = Duration.seconds(60)

  private struct State: Sendable {
    var plans = SchedulePlans()
    var pending: ScheduledAction?
    var isClosed = false
  }

  private let flows: [ServedFlow]
  private let desk: any RunDesk
  private let time: any TimeSource
  private let fileSystem: any FileSystem
  private let lane: any Lane
  private let log: ServerRunDesk.Log
  private let state = Locked(State())

  /// - Parameter log: told what is started, left out and could not be started.
  package init(flows: [ServedFlow], desk: any RunDesk, machine: Machine, log: @escaping ServerRunDesk.Log = { _, _ in }) {
    self.flows = flows
    self.desk = desk
    time = machine.time
    fileSystem = machine.fileSystem
    lane = machine.lane("schedule")
    self.log = log
  }

  /// The schedules, in the order of the flows; those without one are left out.
  package var statuses: [ScheduleStatus] {
    let now = time.now
    let plans = state.withLock { $0.plans }
    return flows.compactMap { plans.status(of: $0.name, at: now) }
  }

  /// Reads what is handled and begins to wait. What was missed meanwhile is started at once. Call once.
  package func start() async {
    var records: [String: ScheduleRecord] = [:]
    for folder in Set(flows.filter { !$0.graph.dueTimes.isEmpty }.map(\.state)) { records[folder] = await record(in: folder) }
    let now = time.now
    state.withLock { [flows, records] state in
      for flow in flows { state.plans.add(flow, records[flow.state] ?? ScheduleRecord(), now: now) }
    }
    // Where the past is not known, the schedule begins now: from here on it is.
    for folder in records.keys { await save(folder) }
    look()
  }

  /// Starts nothing more. Runs under way are the desk's.
  package func close() {
    let pending = state.withLock { state in
      state.isClosed = true
      defer { state.pending = nil }
      return state.pending
    }
    pending?.cancel()
  }

  // MARK: Looking

  /// Starts what is due, and waits for what is next.
  private func look() {
    let now = time.now
    let due = state.withLock { state in
      state.pending = nil
      return state.isClosed ? [] : state.plans.takeDue(at: now)
    }
    for (flow, due) in due {
      // A run that is slow to begin must not delay another flow's.
      Task { await self.run(flow, due) }
    }
    wait()
  }

  private func wait() {
    let now = time.now
    let delay = state.withLock { state in
      state.isClosed ? nil : state.plans.next(after: now).map { min($0 - now, Self.longestWait) }
    }
    guard let delay else { return }
    let pending = time.schedule(after: delay) { [weak self] in self?.look() }
    let isClosed = state.withLock { state in
      state.pending = pending
      return state.isClosed
    }
    if isClosed { pending.cancel() }
  }

  private func run(_ flow: String, _ due: ScheduleState.Due) async {
    let outcome: ScheduleOutcome
    do throws(RunRefusal) {
      outcome = .began(try await desk.start(RunOrder(flow: flow, origin: .schedule)))
    } catch {
      outcome = ScheduleOutcome(error)
    }
    let folder = state.withLock { $0.plans.settle(flow, due, outcome) }
    if let folder { await save(folder) }
    tell(flow, due, outcome)
  }

  private func tell(_ flow: String, _ due: ScheduleState.Due, _ outcome: ScheduleOutcome) {
    var metadata = ["flow": flow, "due": due.time.text]
    if due.missedCount > 0 { metadata["missed"] = "\(due.missedCount)" }
    switch outcome {
    case .began(let run):
      metadata["run"] = run
      log("scheduled run started", metadata)
    case .skipped(let reason):
      metadata["reason"] = reason
      log("scheduled run left out: one is under way", metadata)
    case .failed(let reason):
      metadata["reason"] = reason
      log("scheduled run could not start", metadata)
    case .stopping: break
    }
  }

  // MARK: The record

  private func record(in folder: String) async -> ScheduleRecord {
    do {
      return try await lane.run { [fileSystem] in try ScheduleRecord.read(from: folder, fileSystem) }
    } catch {
      log(
        "what the schedules have done cannot be read; they begin now",
        ["file": ScheduleRecord.path(in: folder), "reason": "\(error)", "next": "remove the file if it stays like this"])
      return ScheduleRecord()
    }
  }

  /// What cannot be written is repeated after a restart, and said.
  private func save(_ folder: String) async {
    let plans = state.withLock { $0.plans }
    do {
      try await lane.run { [fileSystem] in
        // Another server may keep other flows' schedules there. A damaged file is replaced; that it was has been said.
        var record = (try? ScheduleRecord.read(from: folder, fileSystem)) ?? ScheduleRecord()
        plans.note(in: &record, of: folder)
        try record.write(to: folder, fileSystem)
      }
    } catch {
      log(
        "what the schedules have done cannot be kept; after a restart, the last run may be repeated",
        ["file": ScheduleRecord.path(in: folder), "reason": "\(error)"])
    }
  }
}
