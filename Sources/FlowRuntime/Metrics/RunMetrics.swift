import FlowCore
import StudyModel

/// What a textfile tells of a flow's last run.
package enum RunMetrics {
  /// The samples of an earlier run that stay until a run has its own.
  package static let lasting: Set<String> = ["flowrun_run_success_time_seconds"]

  /// While the run is under way.
  package static func families(_ update: LiveUpdate, started: Instant) -> [MetricFamily] {
    let flow = ["flow": update.flow]
    return [
      MetricFamily("flowrun_run_under_way", "Whether a run is under way.", .gauge, [.init(flow, 1)]),
      start(flow, started),
      MetricFamily(
        "flowrun_run_participants", "Participants of the run under way.", .gauge,
        [.init(flow.merging(["state": "done"]) { $1 }, Double(update.participants.done)), .init(flow.merging(["state": "total"]) { $1 }, Double(update.participants.total))]),
      MetricFamily("flowrun_flowfiles_total", "FlowFiles created by the run.", .counter, [.init(flow, Double(update.flowfiles.created))]),
      MetricFamily("flowrun_error_flowfiles_total", "FlowFiles that the run put into the error folder.", .counter, [.init(flow, Double(update.flowfiles.inErrors))]),
    ]
  }

  /// After the run.
  package static func families(_ report: RunReport) -> [MetricFamily] {
    let flow = ["flow": report.flow]
    let started = Instant(rfc3339: report.started) ?? Instant(seconds: 0), finished = Instant(rfc3339: report.finished) ?? started
    let people = report.participants
    let outcomes = [("complete", people.complete), ("deferred", people.deferred), ("needs_consent", people.needsConsent), ("failed", people.failed), ("skipped", people.skipped)]
    let rows = report.rows.sorted { $0.key < $1.key }.flatMap { table, rows in
      [("inserted", rows.inserted), ("updated", rows.updated), ("unchanged", rows.unchanged)].map { change, count in
        MetricFamily.Sample(flow.merging(["table": table, "change": change]) { $1 }, Double(count))
      }
    }
    return [
      MetricFamily("flowrun_run_under_way", "Whether a run is under way.", .gauge, [.init(flow, 0)]),
      start(flow, started),
      MetricFamily("flowrun_run_end_time_seconds", "When the last run ended, in seconds since 1970.", .gauge, [.init(flow, finished.inSeconds)]),
      MetricFamily("flowrun_run_duration_seconds", "How long the last run took.", .gauge, [.init(flow, (finished - started).inSeconds)]),
      MetricFamily("flowrun_run_exit_code", "The exit code of the last run: 0 if everything was written.", .gauge, [.init(flow, Double(report.exit))]),
      MetricFamily(
        "flowrun_run_success_time_seconds", "When the last run that wrote everything ended, in seconds since 1970.", .gauge,
        report.exit == 0 ? [.init(flow, finished.inSeconds)] : []),
      MetricFamily(
        "flowrun_participants", "Participants of the last run, by outcome.", .gauge, outcomes.map { .init(flow.merging(["outcome": $0.0]) { $1 }, Double($0.1)) }),
      MetricFamily("flowrun_rows_total", "Rows of the last run, by table and change.", .counter, rows),
      MetricFamily("flowrun_error_entries", "Entries of the flow in the error folder.", .gauge, [.init(flow, Double(report.errors.count))]),
      MetricFamily("flowrun_flowfiles_total", "FlowFiles created by the run.", .counter, [.init(flow, Double(report.flowfiles.created))]),
      MetricFamily("flowrun_error_flowfiles_total", "FlowFiles that the run put into the error folder.", .counter, [.init(flow, Double(report.flowfiles.inErrors))]),
    ] + report.metrics
  }

  private static func start(_ flow: [String: String], _ started: Instant) -> MetricFamily {
    MetricFamily("flowrun_run_start_time_seconds", "When the last run began, in seconds since 1970.", .gauge, [.init(flow, started.inSeconds)])
  }
}

extension Instant {
  fileprivate var inSeconds: Double { Double(milliseconds) / 1000 }
}

/// Keeps a textfile up to date while a run is under way: at once, then every half minute, and at the end. What cannot be written is told once.
package final class RunMetricsKeeper: Sendable {
  static let interval = Duration.seconds(30)

  private struct State {
    var isClosed = false
    var hasComplained = false
    var writing: Task<Void, Never>?
  }
  private let file: MetricsTextfile
  private let run: Run
  private let started: Instant
  private let time: any TimeSource
  private let ticker: ProgressTicker
  private let complain: @Sendable (String) -> Void
  private let state = Locked(State())

  /// - Parameter complain: called from any thread.
  package init(folder: String, run: Run, complain: @escaping @Sendable (String) -> Void) {
    file = MetricsTextfile(folder: folder, flow: run.request.graph.name, fileSystem: run.environment.fileSystem, lane: run.environment.lane("metrics"))
    self.run = run
    time = run.environment.time
    started = time.now
    ticker = ProgressTicker(time: time, interval: Self.interval)
    self.complain = complain
  }

  package func begin() {
    writePresent()
    ticker.begin { [weak self] in
      self?.writePresent()
      return self != nil
    }
  }

  /// No update is written after this one.
  package func end(_ report: RunReport) async {
    ticker.close()
    let writing = state.withLock { state in
      state.isClosed = true
      return state.writing
    }
    await writing?.value
    await write(RunMetrics.families(report))
  }

  /// An update that is still being written is the newest there can be: the next one is left out.
  private func writePresent() {
    state.withLock { state in
      guard !state.isClosed, state.writing == nil else { return }
      state.writing = Task(executorPreference: run.environment.executor) { [weak self] in
        guard let self else { return }
        await write(RunMetrics.families(run.present, started: started))
        doneWriting()
      }
    }
  }

  private func doneWriting() { state.withLock { $0.writing = nil } }

  private func write(_ families: [MetricFamily]) async {
    do {
      try await file.replace(families, keeping: RunMetrics.lasting, time: time)
    } catch {
      let isFirst = state.withLock { state in
        defer { state.hasComplained = true }
        return !state.hasComplained
      }
      if isFirst { complain("warning: the metrics cannot be written: \(error); give another folder with --metrics-textfile") }
    }
  }
}
