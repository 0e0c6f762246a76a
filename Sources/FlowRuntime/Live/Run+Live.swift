import FlowCore
import FlowEngine
import StudyModel
import StudyParticipants

extension Run {
  package var id: String { environment.run }

  /// What the run does at the moment.
  package var present: LiveUpdate { liveUpdate() }

  /// What the run does at the moment. Before the flow runs, and if it never ran, all counts are 0.
  /// - Parameters:
  ///   - ended: how the run ended; nil while it is under way.
  ///   - exit: its exit code then.
  func liveUpdate(ended: RunReport.Status? = nil, exit: Int32? = nil) -> LiveUpdate {
    let now = environment.time.now, monotonic = environment.time.monotonic
    let snapshot = snapshot, progress = register.progress
    var update = LiveUpdate(
      run: environment.run, flow: request.graph.name, time: now.text, elapsed: (monotonic - beginning).inSeconds,
      participants: LiveUpdate.Participants(done: progress.done, total: progress.total), flowfiles: snapshot?.flowfiles ?? FlowFileCounts(),
      processors: request.graph.processors.map { LiveUpdate.Processor(idle: $0.name) }, queues: [], ended: ended?.rawValue, exit: exit,
      batch: request.batch)
    guard let snapshot else {
      update.stopping = stopReason
      return update
    }
    let words = WaitWords(snapshot: snapshot, now: now, monotonic: monotonic)
    update.processors = snapshot.processors.indices.map { LiveUpdate.Processor(snapshot, $0, waitsFor: words.words(forProcessor: $0)) }
    update.queues = snapshot.queues.map(LiveUpdate.Queue.init)
    update.stopping = stopReason ?? (snapshot.isStopping && ended == nil ? "it takes in nothing new" : nil)
    if ended == nil {
      update.remaining =
        LiveEstimate(
          snapshot: snapshot, elapsed: monotonic - beginning, participants: .init(done: progress.ended, total: progress.total), monotonic: monotonic,
          limits: RequestsAhead(snapshot, requestLimits), now: now
        ).remaining
    }
    return update
  }

  /// Lets other processes watch the run. nil after a warning: a run that nobody can watch is still a run.
  func openLive() async -> LiveSocket? {
    do {
      return try await LiveSocket.open(run: environment.run, state: request.state, feed: live, taps: TapSource(board: taps), time: environment.time,
        lane: environment.lane("live"))
    } catch {
      let warning = RunReport.Warning(
        level: Bulletin.Level.warning.rawValue, processor: "", subject: "the run cannot be watched by flowrun top and the pages", count: 1, detail: "\(error)")
      events.post(.warning(warning))
      return nil
    }
  }
}

extension RunRequest {
  /// What the data belong to: the folder of the participants, else the database; nil if the flow has neither.
  package var batch: String? {
    let folder = graph.services.compactMap { $0.isProvider ? $0.values.optional(ProviderProperties.participants) : nil }.first
    let place = folder ?? ServiceCatalog.location(of: graph)
    return place.map { $0.contains("://") ? $0 : LiveFolder.absolute($0) }
  }
}

extension LiveUpdate.Processor {
  fileprivate init(idle name: String) {
    self.init(name: name, received: 0, sent: [:], failed: 0, retried: 0, active: 0, penalised: 0, waitsFor: nil)
  }

  fileprivate init(_ snapshot: FlowSnapshot, _ index: Int, waitsFor: String?) {
    let report = snapshot.processors[index]
    let held = snapshot.queues.reduce(0) { $0 + ($1.destination == report.name ? $1.heldCount : 0) }
    self.init(
      name: report.name, received: Int64(report.received), sent: report.sent.mapValues { Int64($0) }, failed: Int64(report.failed),
      retried: Int64(report.retried), active: snapshot.running[index],
      penalised: snapshot.queues.reduce(0) { $0 + ($1.destination == report.name ? $1.penalisedCount : 0) }, waitsFor: waitsFor, held: held > 0 ? held : nil)
  }
}

extension LiveUpdate.Queue {
  /// FlowFiles that a replay puts back in come from nowhere: `from` is then empty.
  fileprivate init(_ queue: FlowSnapshot.Queue) {
    self.init(
      from: queue.source ?? "", to: queue.destination, relationships: queue.relationship.isEmpty ? [] : [queue.relationship],
      count: queue.availableCount + queue.inFlightCount, limit: queue.limit, isFull: queue.isFull)
  }
}
