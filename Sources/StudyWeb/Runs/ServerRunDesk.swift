import FlowCore
import FlowRuntime
import StudyModel
import StudyParticipants

/// A served flow with what its graph is made from.
package struct DeskFlow: Sendable {
  package var served: ServedFlow
  package var source: FlowSource

  package init(served: ServedFlow, source: FlowSource) {
    self.served = served
    self.source = source
  }
}

/// Starts, stops and watches the runs of a server, each with a handle of its own, and watches those that other processes with the same state
/// folders have started.
///
/// Of one flow and batch, one run is under way at a time. May be used from any task.
package final class ServerRunDesk: RunDesk {
  package typealias Log = @Sendable (_ message: String, _ metadata: [String: String]) -> Void

  private let flows: [DeskFlow]
  private let fileSystem: any FileSystem
  private let machine: @Sendable (FlowGraph) -> Machine
  private let log: Log
  /// For reading models, which blocks.
  private let lane = DispatchLane(label: "flowrun.flows")
  private let state = Locked(DeskState())
  /// Each look at a run of another process costs that run something: readers share one.
  private let others: SharedLook<[String], [LiveUpdate]>

  /// - Parameters:
  ///   - machine: what a run of the graph uses.
  ///   - log: told of each run's end, and of its start unless a schedule started it; never of a parameter's value.
  package init(
    flows: [DeskFlow], fileSystem: any FileSystem, machine: @escaping @Sendable (FlowGraph) -> Machine = { .running($0) },
    log: @escaping Log = { _, _ in }
  ) {
    self.flows = flows
    self.fileSystem = fileSystem
    self.machine = machine
    self.log = log
    others = SharedLook(lifetime: .milliseconds(500), time: DispatchTimeSource()) { !$0.isEmpty }
  }

  // MARK: Starting

  package func start(_ order: RunOrder) async throws(RunRefusal) -> String {
    let flow = try flow(order.flow)
    try HarmlessParameters.check(order.parameters, for: flow.served.graph)
    var request = RunRequest(graph: try await graph(of: flow, with: order.parameters), errors: flow.served.errors, state: flow.served.state)
    guard request.batch == RunRequest(graph: flow.served.graph, errors: "", state: "").batch else {
      throw RunRefusal(.invalid, "the parameters lead to another batch; expected values that only choose what is asked again")
    }
    request.selection = ParticipantSelection(patterns: order.only.isEmpty ? nil : order.only)
    // HarmlessParameters has let no secret through.
    request.act = AuditAct(
      order.origin == .schedule ? "serve: scheduled run" : "serve: run",
      [flow.served.graph.file] + order.only.flatMap { ["--only", $0] } + order.parameters.sorted { $0.key < $1.key }.flatMap { ["-p", "\($0.key)=\($0.value)"] })
    return try await begin(request, origin: order.origin == .schedule ? Self.schedule : "person")
  }

  package func replay(_ order: ReplayOrder) async throws(RunRefusal) -> ReplayReceipt {
    let flow = try flow(order.flow), graph = try await graph(of: flow, with: [:])
    let choice = ReplayChoice(
      graph: graph, errors: flow.served.errors, participants: order.participant.map { [$0] } ?? [], cause: try cause(order.cause),
      processor: order.processor, from: order.from, allowsFlowChange: order.allowsFlowChange, on: .here(fileSystem))
    let plan: ReplayPlan, notes: [String]
    do {
      let found = try await choice.plan(dryRun: order.isDryRun)
      plan = found.plan
      notes = ReplayNotes(plan: plan, graph: graph, damaged: found.damaged.map { "\($0)" }, foreignCount: found.foreign).lines(isDryRun: order.isDryRun)
    } catch {
      throw RunRefusal(error)
    }
    let count = plan.returning.count + plan.rereading.count
    guard !order.isDryRun else { return ReplayReceipt(run: nil, entries: count, notes: notes) }
    guard !plan.isEmpty else { return ReplayReceipt(run: nil, entries: 0, notes: ["no entry of the error folder is replayed"] + notes) }
    var request = RunRequest(graph: graph, errors: flow.served.errors, state: flow.served.state, replay: plan)
    request.selection = plan.triggersSources ? plan.selection : .all
    let filters = [("--cause", order.cause), ("--participant", order.participant), ("--processor", order.processor), ("--from", order.from)]
    request.act = AuditAct("serve: replay", [graph.file] + filters.flatMap { name, value in value.map { [name, $0] } ?? [] })
    return ReplayReceipt(run: try await begin(request, origin: "replay"), entries: count, notes: notes)
  }

  private func flow(_ name: String) throws(RunRefusal) -> DeskFlow {
    if let flow = flows.first(where: { $0.served.name == name }) { return flow }
    let names = flows.map(\.served.name)
    let hint = NearestName.hint(for: name, among: names).map { "; \($0)" } ?? ""
    throw RunRefusal(.unknown, "the server has no flow '\(name)'; expected one of those that it was started with\(hint)")
  }

  private func graph(of flow: DeskFlow, with parameters: [String: String]) async throws(RunRefusal) -> FlowGraph {
    do {
      return try await lane.run { try flow.source.graph(with: parameters).get() }
    } catch {
      throw RunRefusal(error)
    }
  }

  private func cause(_ text: String?) throws(RunRefusal) -> Cause? {
    guard let text, !text.isEmpty else { return nil }
    if let cause = Cause(rawValue: text) { return cause }
    let hint = NearestName.hint(for: text, among: Cause.allCases.map(\.rawValue)).map { "; \($0)" } ?? ""
    throw RunRefusal(.unknown, "there is no cause '\(text)'\(hint)")
  }

  private static let schedule = "schedule"

  /// Returns once the run has begun; throws what prevented it.
  private func begin(_ request: RunRequest, origin: String) async throws(RunRefusal) -> String {
    let work = DeskState.Work(flow: request.graph.name, batch: request.batch)
    // One that has told its last update is as good as over.
    if let ending = state.withLock({ $0.run(of: work) }), ending.live.hasEnded { await end(of: ending.id) }
    try reserve(work)
    let own = state.withLock { Set($0.runs.keys) }
    if let other = await LiveClient(state: request.state).runs(except: own).first(where: { $0.flow == work.flow && $0.batch == work.batch }) {
      state.withLock { $0.release(work) }
      throw DeskState.underWay(work.flow, other.run)
    }
    let run = Run(request, on: machine(request.graph))
    let isAccepted = state.withLock { $0.add(run, work) }
    // In a server that is stopping it ends before it has done anything.
    if !isAccepted { run.stop() }
    run.start()
    Task { await self.follow(run, work, origin: origin) }
    if await run.hasBegun {
      // What a schedule starts, its keeper tells, with the time at which it was due.
      if origin != Self.schedule { log("run started", ["run": run.id, "flow": work.flow, "origin": origin]) }
      return run.id
    }
    do {
      _ = try await run.result
      preconditionFailure("a run that has not begun has no report")
    } catch {
      throw isAccepted ? RunRefusal(error) : DeskState.stopping
    }
  }

  private func reserve(_ work: DeskState.Work) throws(RunRefusal) {
    let refusal: RunRefusal? = state.withLock { state in
      do throws(RunRefusal) {
        try state.reserve(work)
        return nil
      } catch {
        return error
      }
    }
    if let refusal { throw refusal }
  }

  private func follow(_ run: Run, _ work: DeskState.Work, origin: String) async {
    var metadata = ["run": run.id, "flow": work.flow, "origin": origin]
    do {
      let report = try await run.result
      metadata["status"] = report.status.rawValue
      metadata["exit"] = "\(report.exit)"
    } catch {
      metadata["status"] = RunReport.Status.failed.rawValue
      metadata["reason"] = RunRefusal(error).message
    }
    log("run ended", metadata)
    for waiting in state.withLock({ $0.remove(run.id, work) }) { waiting.resume() }
  }

  // MARK: Stopping

  package var isStopping: Bool { state.withLock { $0.isStopping } }

  package func stop(run: String) async -> Bool {
    guard let run = state.withLock({ $0.runs[run] }) else { return false }
    run.stop("from the web")
    return true
  }

  /// Starts nothing more, has every run take in nothing new, drain and save, and returns once all have ended.
  package func drain() async {
    for run in state.withLock({ $0.stop() }) { run.stop("with the server") }
    await idle()
  }

  /// Like `drain`, but the runs stop at once, and still lose nothing.
  package func stopNow() async {
    for run in state.withLock({ $0.stop() }) { run.stopNow() }
    await idle()
  }

  private func idle() async {
    while let run = state.withLock({ $0.runs.keys.first }) { await end(of: run) }
  }

  private func end(of run: String) async {
    await withCheckedContinuation { continuation in
      let isWaiting = state.withLock { $0.wait(for: run, continuation) }
      if !isWaiting { continuation.resume() }
    }
  }

  // MARK: Watching

  package func active() async -> [LiveUpdate] {
    let own = state.withLock { $0.runs }
    var updates = own.values.filter { !$0.live.hasEnded }.map(\.present)
    updates += await runsElsewhere(except: own.keys.sorted())
    var seen: Set<String> = []
    return updates.filter { seen.insert($0.run).inserted }.sorted { $0.run < $1.run }
  }

  package func updates(of run: String) async -> AsyncStream<LiveUpdate>? {
    if let own = state.withLock({ $0.runs[run] }) { return own.live.subscribe() }
    for client in clients() { if let updates = await client.updates(of: run) { return updates } }
    return nil
  }

  /// The runs of other processes, as of half a second ago at most.
  private func runsElsewhere(except own: [String]) async -> [LiveUpdate] {
    do {
      return try await others.value(own) { [clients = clients()] in
        var updates: [LiveUpdate] = []
        for client in clients { updates += await client.runs(except: Set(own)) }
        return updates
      }
    } catch {
      preconditionFailure("a run that does not answer is left out: \(error)")
    }
  }

  private func clients() -> [LiveClient] { Set(flows.map(\.served.state)).sorted().map { LiveClient(state: $0) } }
}

extension RunRefusal {
  /// Why a run did not begin.
  init(_ error: any Error) {
    switch error {
    case let refusal as RunRefusal: self = refusal
    case let problems as Diagnostics: self.init(problems.isUsage ? .unknown : .invalid, problems.all.map { WebProblem.text(of: $0) }.joined(separator: "\n"))
    case let problem as Diagnostic: self.init(problem.code.isUsage ? .unknown : .invalid, WebProblem.text(of: problem))
    case let stop as StopRun: self.init(.invalid, RequestWords.text(of: stop.message))
    default: self.init(.invalid, "\(error)")
    }
  }
}
