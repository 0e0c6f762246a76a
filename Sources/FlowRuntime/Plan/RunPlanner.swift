import FlowCore
import FlowSimulator
import StudyModel
import StudyParticipants
import StudyProcessors

/// Plans a run without running it: reads participant files and ledger, makes no request, writes nothing, takes no lock.
///
/// The run that follows makes these requests if nothing changes meanwhile and every tracker's latest sync is still the one that is known.
package struct RunPlanner: Sendable {
  private let request: RunRequest
  private let graph: FlowGraph
  private let environment: RuntimeEnvironment
  private let services: ServiceDirectory
  private let isSimulated: Bool

  /// Throws `Diagnostics` for services that cannot be made.
  package init(_ request: RunRequest, on machine: Machine) throws {
    self.request = request
    isSimulated = Simulation.isWanted(by: request.graph)
    graph = Simulation.addressed(request.graph)
    environment = machine.toolEnvironment
    services = try ServiceDirectory(graph, environment, faultPoint: machine.faultPoint)
  }

  /// Throws what a run would throw before it starts: `StopRun` for a batch or database that cannot be read, `Diagnostics` (a usage error) for a pattern
  /// that matches nobody.
  package func plan() async throws -> RunPlan {
    var plan = RunPlan(flow: graph.name)
    for (index, node) in graph.processors.enumerated() where node.descriptor.type == SliceTimeRange.descriptor.type {
      let part = try PlannedCollection(node, at: index, of: graph, services)
      try await add(part, to: &plan)
    }
    say(&plan)
    return plan
  }

  // MARK: Participants

  private func add(_ part: PlannedCollection, to plan: inout RunPlan) async throws {
    guard let outlooks = try await outlooks(of: part.provider) else {
      plan.unknown.append(
        "the batch \(part.provider.store.path) is not there yet: the first run makes it, with the simulator's "
          + "\(SimulatorConfiguration().participants) participants")
      return
    }
    try request.selection.check(among: outlooks.map(\.participant), option: "--only", place: part.provider.store.path)
    let wanted = outlooks.filter { request.selection.includes($0.participant) }
    plan.participants.total += wanted.count
    plan.participants.skipped += outlooks.count { request.selection.isLeftToOthers($0.participant) && request.selection.names($0.participant) }
    var seconds: [String: Int64] = [:]
    let reader = try await part.store.reader()
    try await withClosing {
      for outlook in wanted { try await add(outlook, of: part, reader, to: &plan, &seconds) }
    } close: {
      try await reader?.close()
    }
    // Also of those that have nothing to ask as far as is known: a sync since the last run gives them something.
    if plan.slices > 0 || plan.atMost != nil { for node in part.endpoints { note(InvokeEndpoint.uncounted(node.values), of: node.name, in: &plan) } }
    let detail = graph.parameters.first { $0.name == "detail" }?.value
    for type in try CoveredDataType.all(of: graph) {
      guard let seconds = seconds[type.name], seconds > 0 else { continue }
      plan.diskBytes += SpaceEstimate.databaseBytes([type], days: (seconds + 86_399) / 86_400, detail: detail)
    }
    limit(&plan, part.provider)
  }

  /// nil if the first run makes the batch.
  private func outlooks(of provider: OAuthProvider) async throws -> [ParticipantOutlook]? {
    let fileSystem = environment.fileSystem, path = provider.store.path
    if isSimulated, try await environment.lane("plan").run({ try fileSystem.status(path) == nil }) { return nil }
    try await provider.store.checkBatch()
    return try await provider.outlooks()
  }

  private func add(
    _ outlook: ParticipantOutlook, of part: PlannedCollection, _ reader: (any RecordReader)?, to plan: inout RunPlan, _ seconds: inout [String: Int64]
  ) async throws {
    switch outlook.standing {
    case .skipped: return plan.participants.skipped += 1
    case .unreadable: return plan.participants.unreadable += 1
    case .needsConsent: return plan.participants.needsConsent += 1
    case .refused(let problem):
      plan.participants.refused += 1
      if !plan.refusals.contains(problem) { plan.refusals.append(problem) }
      return
    case .asked: break
    }
    let name = outlook.participant
    plan.participants.asked += 1
    for (endpoint, count) in part.requestsBeforeSlices(outlook) where count > 0 { plan.requests.add(count, at: endpoint, for: name) }
    guard part.canSync(outlook), let enrolled = outlook.enrolled else { return }
    if outlook.hadNothing {
      plan.participants.nothingToCollect += 1
      return
    }
    let ledger = try await reader?.ledger(of: name) ?? []
    let known = outlook.latestSync?.seconds ?? ledger.compactMap(\.latestSync).filter { $0 <= environment.time.now.seconds + 86_400 }.max()
    let planned = PlannedParticipant(
      participant: name, enrolled: enrolled, latestSync: known.map { Instant(seconds: $0) } ?? now, zone: outlook.zone ?? (known == nil ? "UTC" : nil),
      isGranted: outlook.isGranted)
    let spans: [PlannedSpan]
    do { spans = try part.planning.spans(of: planned, ledger: ledger) } catch let error as ProcessorError {
      return plan.unknown.append("\(name): \(error.failure.message)")
    }
    guard known != nil else {
      plan.participants.neverSynced += 1
      var atMost = plan.atMost ?? RunPlan.AtMost()
      for planned in spans {
        atMost.slices += planned.span.slices.count
        for node in part.endpoints(of: planned.relationship) {
          atMost.requests += InvokeEndpoint.requestCount(node.values, of: planned.span, isGranted: outlook.isGranted)
        }
      }
      plan.atMost = atMost
      return
    }
    for planned in spans {
      let span = planned.span
      plan.slices += span.slices.count
      plan.slicesByDataType[span.dataType, default: 0] += span.slices.count
      seconds[span.dataType, default: 0] += span.end - span.start
      for node in part.endpoints(of: planned.relationship) {
        plan.requests.add(InvokeEndpoint.requestCount(node.values, of: span, isGranted: outlook.isGranted), at: node.name, for: name)
      }
    }
  }

  /// The end of what can have been measured: the bundled simulator's time is its own.
  private var now: Instant {
    isSimulated ? Instant(seconds: Int64(Population.start + SimulatorConfiguration().days * 86_400)) : environment.time.now
  }

  // MARK: What is said beside the numbers

  private func note(_ uncounted: InvokeEndpoint.Uncounted, of name: String, in plan: inout RunPlan) {
    if uncounted.contains(.pages) { sayOnce("'\(name)': further pages of an answer are not counted", in: &plan) }
    if uncounted.contains(.elements) { sayOnce("'\(name)': requests for each element of another answer are not counted", in: &plan) }
  }

  private func sayOnce(_ words: String, in plan: inout RunPlan) {
    if !plan.unknown.contains(words) { plan.unknown.append(words) }
  }

  private func say(_ plan: inout RunPlan) {
    let never = plan.participants.neverSynced
    if never > 0 {
      let who = "\(never) \(never == 1 ? "participant has" : "participants have") never been asked for a sync"
      plan.unknown.append("\(who): at_most says what they add if their trackers had synced by now")
    }
    if plan.participants.asked > never { plan.unknown.append("a sync since the last run adds what was measured since then") }
  }

  /// The shortest time that the limits leave, if nothing was asked before.
  private func limit(_ plan: inout RunPlan, _ provider: OAuthProvider) {
    func note(_ time: Duration, _ words: String) {
      let seconds = time.wholeMilliseconds / 1000
      if seconds > plan.seconds { (plan.seconds, plan.limitedBy) = (seconds, words) }
    }
    let limit = provider.wire.limit
    // Requests for tokens cost nothing.
    let renewing = Set(graph.processors.filter { $0.descriptor.type == RefreshToken.descriptor.type }.map(\.name))
    let tokens = plan.requests.byEndpoint.filter { renewing.contains($0.key) }
    let most = plan.requests.byParticipant.values.max() ?? 0
    note(limit.time(for: most, from: environment.time.now), "\(limit.count) requests in \(Units.text(of: limit.window)) for each participant")
    let counted = plan.requests.total - tokens.values.reduce(0, +)
    for limit in provider.settings.clientLimits {
      note(limit.time(for: counted, from: environment.time.now), "\(limit.count) requests in \(Units.text(of: limit.window)) for all participants")
    }
  }
}
