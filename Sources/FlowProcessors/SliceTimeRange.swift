import FlowCore

/// Cuts the time that is wanted of a participant into slices, from the gaps of the ledger, and hands them out in portions.
package struct SliceTimeRange: Processor {
  static let ledger = Property<ServiceReference>.required("ledger", .service(.recordStore), "Database whose ledger says what is there.")
  static let provider = Property<ServiceReference>.required("provider", .service(.provider), "Provider that the slices will be asked of.")
  static let slices = Property<[SliceDeclaration]>.required("slices", .list(of: .record(SliceDeclaration.self)), "The kinds of slices to cut.")
  static let reread = Property("reread", .duration, default: "48h", "Slices that end within this time before the latest sync are asked again once it has moved.")
  static let from = Property<CivilDate>("from", .date, "Backfill: asks only slices that begin on this date or later, each by its own zone; the others are left to the next run.")
  static let until = Property<CivilDate>("until", .date, "Backfill: asks only slices that begin before this date, each by its own zone.")
  static let portion = Property("portion", .integer(1...1000), default: "16", "Slices handed out for a participant before others have their turn.")

  static let scopeRefused = Relationship(
    "scope", "One FlowFile for each kind of slice that the participant's consent does not cover; its slices are `failed` in the ledger.")
  static let done = Relationship("done", "The participant's FlowFile, when every slice has been handed out.")
  static let failure = Relationship(Relationship.failureName, "The ledger cannot be read, or an attribute is missing or malformed.")

  package static let descriptor = ProcessorDescriptor(
    type: "SliceTimeRange",
    summary: "Cuts the time from enrolment to the latest sync into slices, from what the ledger lacks.",
    properties: [
      PropertyDescriptor(ledger), PropertyDescriptor(provider), PropertyDescriptor(slices), PropertyDescriptor(reread),
      PropertyDescriptor(from), PropertyDescriptor(until), PropertyDescriptor(portion),
    ],
    relationships: [done, scopeRefused, failure],
    relationshipsFromProperties: { values in
      values[slices].map { Relationship($0.relationship, "Slices of \($0.dataType).") }
    },
    reads: [
      AttributeDescriptor(AttributeName.participant, "Whose slices."),
      AttributeDescriptor(AttributeName.enrolled, "Start of the history, RFC 3339."),
      AttributeDescriptor(AttributeName.latestSync, "End of what can be there, RFC 3339."),
      AttributeDescriptor(AttributeName.zone, "Zone of civil days."),
    ],
    writes: SliceAttributes.documentation,
    concurrency: 2,
    counters: [
      AttributeDescriptor("slices", "Slices handed out."),
      AttributeDescriptor("slices refused", "Slices that the consent does not cover."),
      AttributeDescriptor("slices deferred by stop", "Slices not handed out because the run was stopped."),
    ],
    check: { neighbourhood in checkSpans(neighbourhood) + checkWindow(neighbourhood.values) })

  private let store: any RecordStore
  private let providerService: any ProviderService
  private let declarations: [SliceDeclaration]
  private let rereadSeconds: Int64
  private let window: BackfillWindow?
  private let portionCount: Int
  private let run: String
  private let flowSHA256: String

  package init(_ configuration: ProcessorConfiguration) throws {
    store = configuration.recordStore(Self.ledger)
    providerService = configuration.provider(Self.provider)
    declarations = configuration[Self.slices]
    rereadSeconds = configuration[Self.reread].wholeMilliseconds / 1000
    portionCount = configuration[Self.portion]
    run = configuration.environment.run
    flowSHA256 = configuration.environment.flowSHA256
    window = BackfillWindow(from: configuration.optional(Self.from), until: configuration.optional(Self.until))
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    var plan: [HandedSlice]
    if case .records(let batch) = flowFile.content {
      plan = HandedSlice.read(batch)
    } else {
      plan = try await makePlan(for: flowFile, session)
      // What has to wait for its turn is `deferred` from now on, so that the ledger has no hole however the run ends.
      try await store.record(plan.dropFirst(portionCount).map { ledgerRow($0, of: flowFile, state: .deferred, cause: nil) })
    }
    if session.isStopping {
      try await deferAll(plan, of: flowFile, session)
      session.transfer(flowFile, to: Self.done)
      return
    }
    let participant = flowFile[AttributeName.participant] ?? ""
    if let wait = providerService.wait(of: participant), !plan.isEmpty {
      // Slices of a parked participant would only wait in queues that others need.
      requeue(flowFile, plan, penalty: wait, session)
      return
    }
    for slice in plan.prefix(portionCount) { try handOut(slice, of: flowFile, session) }
    plan.removeFirst(min(portionCount, plan.count))
    if plan.isEmpty {
      var ended = flowFile
      ended.content = .empty
      session.transfer(ended, to: Self.done)
    } else {
      requeue(flowFile, plan, penalty: .zero, session)
    }
  }

  private func requeue(_ flowFile: FlowFile, _ plan: [HandedSlice], penalty: Duration, _ session: ProcessSession) {
    var waiting = flowFile
    waiting.content = .records(HandedSlice.batch(plan))
    session.requeue(waiting, penalty: max(penalty, .zero))
  }
}

// MARK: - Planning

extension SliceTimeRange {
  private func makePlan(for flowFile: FlowFile, _ session: ProcessSession) async throws -> [HandedSlice] {
    let participant = try flowFile.required(AttributeName.participant)
    let enrolled = try flowFile.requiredInstant(AttributeName.enrolled).seconds
    let latest = try flowFile.requiredInstant(AttributeName.latestSync).seconds
    let rows = try await store.ledger(of: participant, dataTypes: declarations.map(\.dataType))
    if let before = rows.compactMap(\.latestSync).max(), latest < before {
      session.post(
        .warning, "latest sync is earlier than before: nothing to collect",
        "\(participant): \(Instant(seconds: latest).text), before \(Instant(seconds: before).text)")
      return []
    }
    var plan: [HandedSlice] = []
    for (index, declaration) in declarations.enumerated() {
      let zoneName = try declaration.zone.evaluate(flowFile)
      guard let zone = ZoneClock(zoneName) else {
        throw ProcessorError(.badData, "zone of \(participant) is '\(zoneName)'; expected an IANA name such as America/Chicago")
      }
      let isGranted = declaration.isCovered { [providerService] in providerService.isGranted($0, for: participant) }
      let request = SliceRequest(
        enrolled: enrolled, latestSync: latest, step: declaration.step, zone: zone,
        rereadSeconds: declaration.rereadSeconds ?? rereadSeconds, ledger: rows.filter { $0.key.dataType == declaration.dataType },
        isUnblocked: { [flowSHA256, providerService] row in
          switch row.state {
          case .written, .provisional: row.lackingScopes.contains { providerService.isGranted($0, for: participant) }
          case .deferred, .failed:
            row.cause == .scope || row.cause == .needsConsent ? isGranted : row.flowSHA256 != flowSHA256
          }
        })
      let slices = SlicePlanner.plan(request).map { HandedSlice(declaration: index, slice: $0) }
      if isGranted {
        plan += try await takeWindow(of: slices, flowFile)
      } else {
        let wasRefused = request.ledger.contains { $0.cause == .scope }
        try await refuse(slices, declaration, of: flowFile, wasRefused: wasRefused, session)
      }
    }
    // Oldest first, kinds side by side: what a study wants next to each other arrives together.
    return plan.sorted { ($0.slice.start, $0.declaration) < ($1.slice.start, $1.declaration) }
  }

  /// The slices of the backfill's window. The others are `deferred`: they are wanted, and the ledger must not have a hole before the window.
  private func takeWindow(of slices: [HandedSlice], _ flowFile: FlowFile) async throws -> [HandedSlice] {
    guard let window else { return slices }
    let others = slices.filter { !window.contains($0.slice) }
    try await store.record(others.map { ledgerRow($0, of: flowFile, state: .deferred, cause: nil) })
    return slices.filter { window.contains($0.slice) }
  }

  /// The consent does not cover them: no request is made, the ledger says so, one FlowFile tells.
  private func refuse(
    _ slices: [HandedSlice], _ declaration: SliceDeclaration, of flowFile: FlowFile, wasRefused: Bool, _ session: ProcessSession
  ) async throws {
    guard !slices.isEmpty || wasRefused else { return }
    let scopes = [declaration.scope].compactMap { $0 } + declaration.anyScope
    // Noted with the participant, so that the next run asks for the consent as it is then.
    for scope in scopes where !providerService.isGranted(scope, for: flowFile[AttributeName.participant] ?? "") {
      providerService.refuse(scope, for: flowFile[AttributeName.participant] ?? "")
    }
    let scope = scopes.joined(separator: "', '")
    try await store.record(slices.map { ledgerRow($0, of: flowFile, state: .failed, cause: .scope) })
    var child = session.create(childOf: flowFile)
    child[AttributeName.dataType] = declaration.dataType
    let participant = flowFile[AttributeName.participant] ?? ""
    session.transfer(
      child, to: Self.scopeRefused,
      because: FlowFileFailure(
        cause: .scope,
        message: "the consent of \(participant) does not cover '\(scope)': \(declaration.dataType) is not collected; ask for wider consent"))
    session.count("slices refused", slices.count)
  }

  private func deferAll(_ plan: [HandedSlice], of flowFile: FlowFile, _ session: ProcessSession) async throws {
    guard !plan.isEmpty else { return }
    try await store.record(plan.map { ledgerRow($0, of: flowFile, state: .deferred, cause: nil) })
    session.count("slices deferred by stop", plan.count)
  }

  private func ledgerRow(_ handed: HandedSlice, of flowFile: FlowFile, state: SliceState, cause: Cause?) -> LedgerSlice {
    var row = LedgerSlice(
      key: SliceKey(
        participant: flowFile[AttributeName.participant] ?? "", dataType: declarations[handed.declaration].dataType,
        start: handed.slice.start, end: handed.slice.end),
      state: state, run: run)
    row.cause = cause
    row.provider = providerService.provider
    row.flowSHA256 = flowSHA256
    row.zone = handed.slice.zone
    return row
  }

  private func handOut(_ handed: HandedSlice, of flowFile: FlowFile, _ session: ProcessSession) throws {
    let declaration = declarations[handed.declaration]
    let row = ledgerRow(handed, of: flowFile, state: .deferred, cause: nil)
    var child = session.create(childOf: flowFile) { [store] outcome in
      guard let ended = Self.unwritten(row, outcome) else { return }
      try await store.record([ended])
    }
    try SliceAttributes.set(on: &child, handed.slice, dataType: declaration.dataType)
    session.transfer(child, to: declaration.relationship)
    session.count("slices")
  }

  /// What the ledger must say of a slice whose FlowFiles have ended; nil when WriteRecords has said it.
  static func unwritten(_ row: LedgerSlice, _ outcome: LineageOutcome) -> LedgerSlice? {
    var row = row
    if let permanent = outcome.failures.first(where: { !$0.cause.isRetryable }) {
      row.state = .failed
      row.cause = permanent.cause
    } else if let failure = outcome.failures.first {
      row.state = .deferred
      row.cause = failure.cause
    } else if outcome.deferred > 0 || outcome.abandoned > 0 {
      row.state = .deferred
    } else {
      return nil
    }
    return row
  }

  private static func checkWindow(_ values: PropertyValues) -> [GraphFinding] {
    guard let window = BackfillWindow(from: values.optional(from), until: values.optional(until)), window.isEmpty else { return [] }
    return [
      GraphFinding(
        property: until.name, found: "'until' \(window.until?.text ?? "") is not after 'from' \(window.from?.text ?? "")",
        expected: "a half-open window [from, until)")
    ]
  }

  /// The window of a flow's backfill; nil: it is none.
  package static func backfill(of graph: FlowGraph) -> BackfillWindow? {
    graph.processors.lazy.filter { $0.descriptor.type == descriptor.type }
      .compactMap { BackfillWindow(from: $0.values.optional(from), until: $0.values.optional(until)) }.first
  }

  /// A step above what the endpoint answers would be refused by the provider, slice by slice: found before anything starts.
  private static func checkSpans(_ neighbourhood: GraphNeighbourhood) -> [GraphFinding] {
    neighbourhood.values[slices].flatMap { declaration -> [GraphFinding] in
      (neighbourhood.destinations[declaration.relationship] ?? []).compactMap { neighbour in
        guard neighbour.type == InvokeEndpoint.descriptor.type,
          let maximum = neighbour.values.optional(InvokeEndpoint.maximumSpan), declaration.step.longest > maximum
        else { return nil }
        return GraphFinding(
          property: "slices",
          found: "step of '\(declaration.dataType)' is \(Units.text(of: declaration.step.longest)), above max_span "
            + "\(Units.text(of: maximum)) of '\(neighbour.name)'",
          expected: "a step of at most \(Units.text(of: maximum))")
      }
    }
  }
}
