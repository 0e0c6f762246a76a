import FlowCore
import FlowRuntime

/// The whole server of a study: its parts, the runs it starts, their schedules.
package final class StudySite: Sendable {
  private let server: WebServer
  private let desk: ServerRunDesk
  private let keeper: ScheduleKeeper
  private let studies: [StudyAccess]
  private let streams: EventStreams
  private let consent: ConsentPart?
  private struct State {
    var task: Task<Void, any Error>?
    var isStopped = false
  }
  private let state = Locked(State())

  /// Throws `Diagnostic` and `Diagnostics` for what the flows' services refuse.
  /// - Parameters:
  ///   - consent: the pages of invited participants; nil without a public URL.
  ///   - errors: path of the error folder.
  ///   - history: where runs are recorded, of a server without flows.
  ///   - complain: errors and warnings; `note`: what runs and schedules do; `trace`: one line for each request.
  package init(
    flows: [DeskFlow], gatekeeper: Gatekeeper, consent: ConsentPart? = nil, errors: String, history: RunRecords, on machine: Machine, complain: @escaping @Sendable (String) -> Void,
    note: @escaping @Sendable (String) -> Void, trace: @escaping @Sendable (String) -> Void
  ) throws {
    let log: ServerRunDesk.Log = { message, metadata in note(([message] + metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }).joined(separator: " ")) }
    self.consent = consent
    var studies: [StudyAccess] = []
    for flow in flows { studies.append(try StudyAccess(flow.served, sharing: studies, on: machine)) }
    self.studies = studies
    let history = studies.first?.history ?? history
    desk = ServerRunDesk(flows: flows, fileSystem: machine.fileSystem, log: log)
    keeper = ScheduleKeeper(flows: flows.map(\.served), desk: desk, machine: machine, log: log)
    let counts = RequestCounts(), turns = ReadingTurns(desk: desk, time: machine.time)
    let api = StudyAPI(
      studies, desk: desk, errors: errors, history: history, metrics: [counts, ScheduleMetrics(keeper: keeper)],
      sessionCookie: gatekeeper.cookieName, readingNeedsToken: gatekeeper.rules.readingNeedsToken, turns: turns, on: machine, complain: complain)
    streams = api.streams
    let assets = AssetsPart(fileSystem: machine.fileSystem)
    let pages = try StudyPages(
      studies, desk: desk, errors: errors, history: history, schedules: { [keeper] in keeper.statuses }, hasDygraphs: assets.hasDygraphs, turns: turns, on: machine)
    // The first that has a page for a problem shows it: participants see none of the study's.
    let parts: [any SitePart] =
      (consent.map { [$0] } ?? []) + [try SignInPart(gatekeeper), api, try DocsPart(api, publicURL: gatekeeper.rules.publicURL), assets, pages]
    server = WebServer(gatekeeper, parts: parts, counts: counts, on: machine, complain: complain, note: trace)
  }

  /// Serves until `stop`. Throws what `WebServer.run` throws.
  package func run(listening: @escaping @Sendable (WebServer.Listener) async -> Void) async throws {
    let task = Task { [server, keeper, consent] in
      try await server.run { listener in
        await consent?.announce()
        await listening(listener)
        await keeper.start()
      }
    }
    // A signal may have come first.
    if state.withLock({ state in
      state.task = task
      return state.isStopped
    }) { task.cancel() }
    let outcome = await task.result
    keeper.close()
    await consent?.close()
    for study in studies { try await study.close() }
    try outcome.get()
  }

  /// Has the runs under way finish what they have begun, then ends the server. Until then it goes on answering.
  package func stop() async {
    keeper.close()
    await desk.drain()
    await streams.settle()
    end()
  }

  /// The same, but the runs end at once.
  package func stopNow() async {
    keeper.close()
    await desk.stopNow()
    await streams.settle()
    end()
  }

  private func end() {
    state.withLock { state in
      state.isStopped = true
      return state.task
    }?.cancel()
  }
}

/// What the schedules have done, for `/metrics`.
struct ScheduleMetrics: MetricSource {
  let keeper: ScheduleKeeper

  func metrics() async -> [MetricFamily] {
    let statuses = keeper.statuses
    func family(_ name: String, _ help: String, _ value: (ScheduleStatus) -> Int) -> MetricFamily {
      MetricFamily(name, help, .counter, statuses.map { .init(["flow": $0.flow], Double(value($0))) })
    }
    return [
      family("flowrun_schedule_started_total", "Runs that a schedule has started.") { $0.counts.started },
      family("flowrun_schedule_skipped_total", "Due runs that were left out because one was under way.") { $0.counts.skipped },
      family("flowrun_schedule_missed_total", "Due times that passed while no server was running.") { $0.counts.missed },
      family("flowrun_schedule_failed_total", "Due runs that could not start.") { $0.counts.failed },
    ]
  }
}
