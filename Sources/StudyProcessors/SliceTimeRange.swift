import FlowCore
import StudyModel

/// Cuts the wanted time of a participant into slices, from the gaps of the ledger, and emits them in portions.
package struct SliceTimeRange: Processor {
  package static let ledger = Property<ServiceReference>.required("ledger", .service(.recordStore), "Database with the ledger.")
  package static let provider = Property<ServiceReference>.required("provider", .service(.provider), "Provider that the slices are requested from.")
  static let slices = Property<[SliceDeclaration]>.required("slices", .list(of: .record(SliceDeclaration.self)), "The kinds of slices to cut.")
  static let reread = Property("reread", .duration, default: "48h", "Slices that end within this time before the latest sync are requested again after the next sync.")
  static let from = Property<CivilDate>("from", .date, "Backfill: only slices that begin on this date or later in their own zone; others are left to the next run.")
  static let until = Property<CivilDate>("until", .date, "Backfill: only slices that begin before this date in their own zone.")
  static let portion = Property("portion", .integer(1...1000), default: "16", "FlowFiles emitted for a participant before others have their turn.")

  static let scopeRefused = Relationship(
    "scope", "One FlowFile for each kind of slice that the participant's consent does not cover; its slices are `failed` in the ledger.")
  static let done = Relationship("done", "The participant's FlowFile, when every slice has been emitted.")
  static let failure = Relationship(Relationship.failureName, "The ledger cannot be read, or an attribute is missing or malformed.")

  package static let descriptor = ProcessorDescriptor(
    type: "SliceTimeRange",
    summary: "Cuts the time from enrolment to the latest sync that the ledger lacks into slices.",
    properties: [
      PropertyDescriptor(ledger), PropertyDescriptor(provider), PropertyDescriptor(slices), PropertyDescriptor(reread),
      PropertyDescriptor(from), PropertyDescriptor(until), PropertyDescriptor(portion),
    ],
    relationships: [done, scopeRefused, failure],
    relationshipsFromProperties: { values in
      values[slices].map { Relationship($0.relationship, "Slices of \($0.dataType).") }
    },
    reads: [
      AttributeDescriptor(AttributeName.participant, "Participant of the slices."),
      AttributeDescriptor(AttributeName.enrolled, "Start of the history, RFC 3339."),
      AttributeDescriptor(AttributeName.latestSync, "End of the available data, RFC 3339."),
      AttributeDescriptor(AttributeName.settledSync, "Later data stays provisional, RFC 3339; absent: the latest sync."),
      AttributeDescriptor(AttributeName.zone, "Zone of civil days."),
    ],
    writes: SliceAttributes.documentation,
    concurrency: 2,
    counters: [
      AttributeDescriptor("slices", "Slices emitted; a FlowFile may cover several."),
      AttributeDescriptor("slices refused", "Slices that the consent does not cover."),
      AttributeDescriptor("slices deferred by stop", "Slices not emitted because the run was stopped."),
    ],
    dataTypes: { values in
      Dictionary(values[slices].map { ($0.relationship, $0.dataType) }) { first, _ in first }
    },
    check: { neighbourhood in checkSpans(neighbourhood) + checkWindow(neighbourhood.values) + checkKinds(neighbourhood.values) })

  let store: any RecordStore
  let providerName: String
  let budget: any RequestBudget
  let scopes: any GrantedScopes
  let planning: SlicePlanning
  /// Those whose `when` holds.
  var declarations: [SliceDeclaration] { planning.declarations }
  /// By data type.
  var limits: [String: SpanLimit] { planning.limits }
  var window: BackfillWindow? { planning.window }
  let portionCount: Int
  private let run: String
  private let flowSHA256: String

  package init(_ configuration: ProcessorConfiguration) throws {
    store = configuration.recordStore(Self.ledger)
    let provider = configuration.provider(Self.provider)
    providerName = provider.provider
    budget = provider
    scopes = provider
    portionCount = configuration[Self.portion]
    run = configuration.environment.run
    flowSHA256 = configuration.environment.flowSHA256
    planning = SlicePlanning(configuration.values, flowSHA256: flowSHA256)
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    let subject = try SliceSubject(flowFile)
    var plan = try await waitingPlan(of: flowFile, subject, session)
    if session.isStopping {
      session.count("slices deferred by stop", try await deferAll(plan, subject))
      session.transfer(flowFile, to: Self.done)
      return
    }
    if plan.slices.isEmpty, !plan.rest.isEmpty { plan = try await nextChunk(after: plan.rest, subject) }
    if let wait = budget.wait(of: subject.participant), !plan.isEmpty {
      // Slices of a participant who must wait would fill queues that other participants need.
      requeue(flowFile, plan, penalty: wait, session)
      return
    }
    for span in plan.take(portionCount, upTo: limits) { try handOut(span, subject, session) }
    if plan.isEmpty {
      var ended = flowFile
      ended.content = .empty
      session.transfer(ended, to: Self.done)
    } else {
      requeue(flowFile, plan, penalty: .zero, session)
    }
  }

  /// The plan stored in the FlowFile, or a new one the first time.
  private func waitingPlan(of flowFile: FlowFile, _ subject: SliceSubject, _ session: ProcessSession) async throws -> WaitingPlan {
    guard case .records(let batch) = flowFile.content,
      let plan = try WaitingPlan(batch, dataTypes: declarations.map(\.dataType))
    else { return try await begin(subject, session) }
    return plan
  }

  private func requeue(_ flowFile: FlowFile, _ plan: WaitingPlan, penalty: Duration, _ session: ProcessSession) {
    var waiting = flowFile
    waiting.content = .records(plan.batch)
    session.requeue(waiting, penalty: max(penalty, .zero), because: RateLimitWait.reason)
  }
}

// MARK: - Emitting slices

extension SliceTimeRange {
  func ledgerRow(_ slice: PlannedSlice, _ dataType: String, of participant: String, state: SliceState, cause: Cause? = nil) -> LedgerSlice {
    var row = LedgerSlice(
      key: SliceKey(participant: participant, dataType: dataType, start: slice.start, end: slice.end), state: state, run: run)
    row.cause = cause
    row.provider = providerName
    row.flowSHA256 = flowSHA256
    row.zone = slice.zone
    return row
  }

  private func handOut(_ span: SliceSpan, _ subject: SliceSubject, _ session: ProcessSession) throws {
    guard let declaration = declarations.first(where: { $0.dataType == span.dataType }) else {
      throw ProcessorError(.internal, "a slice of '\(span.dataType)' was planned, but the data type is not declared")
    }
    let rows = span.slices.map { ledgerRow($0, span.dataType, of: subject.participant, state: .deferred) }
    var child = session.create(childOf: subject.flowFile) { [store] outcome in
      let ended = rows.compactMap { Self.unwritten($0, outcome) }
      guard !ended.isEmpty else { return }
      try await store.record(ended)
    }
    try SliceAttributes.set(on: &child, span)
    session.transfer(child, to: declaration.relationship)
    session.count("slices", span.slices.count)
  }

  /// The ledger row of a slice whose FlowFiles have ended; nil if WriteRecords has written it. Of several slices of a FlowFile
  /// that was deferred some may have been written: the store leaves these as they are.
  static func unwritten(_ row: LedgerSlice, _ outcome: LineageOutcome) -> LedgerSlice? {
    var row = row
    let own = SlicePart(start: row.key.start, end: row.key.end).text
    let failures = outcome.failures.filter { $0.subject == nil || $0.subject == own }
    if let permanent = failures.first(where: { !$0.cause.isRetryable }) {
      row.state = .failed
      row.cause = permanent.cause
    } else if let failure = failures.first {
      row.state = .deferred
      row.cause = failure.cause
    } else if outcome.deferred > 0 || outcome.abandoned > 0 {
      row.state = .deferred
    } else {
      return nil
    }
    return row
  }

  private static func checkWindow(_ values: PropertyValues) -> [Diagnostic] {
    guard let window = BackfillWindow(from: values.optional(from), until: values.optional(until)), window.isEmpty else { return [] }
    return [
      Diagnostic(
        .conflictingProperties, property: until.name, found: "'until' \(window.until?.text ?? "") is not after 'from' \(window.from?.text ?? "")",
        expected: "a half-open window [from, until)")
    ]
  }

  /// Two kinds of one data type would cut the same time twice, unless `when` chooses between them.
  private static func checkKinds(_ values: PropertyValues) -> [Diagnostic] {
    let active = Dictionary(grouping: values[slices].filter(\.isActive), by: \.dataType)
    return active.filter { $0.value.count > 1 }.keys.sorted().map { dataType in
      Diagnostic(
        .conflictingProperties, property: slices.name, found: "two kinds of slices have the data type '\(dataType)'",
        expected: "one, or 'when' that chooses between them")
    }
  }

  /// The backfill window of a flow; nil if it has none.
  package static func backfill(of graph: FlowGraph) -> BackfillWindow? {
    graph.processors.lazy.filter { $0.descriptor.type == descriptor.type }
      .compactMap { BackfillWindow(from: $0.values.optional(from), until: $0.values.optional(until)) }.first
  }

  /// The provider would refuse every slice longer than the endpoint allows, so this is checked before the run.
  private static func checkSpans(_ neighbourhood: GraphNeighbourhood) -> [Diagnostic] {
    neighbourhood.values[slices].flatMap { declaration -> [Diagnostic] in
      (neighbourhood.destinations[declaration.relationship] ?? []).compactMap { neighbour in
        guard neighbour.type == InvokeEndpoint.descriptor.type,
          let maximum = neighbour.values.optional(InvokeEndpoint.maximumSpan), declaration.longest > maximum
        else { return nil }
        let property = declaration.step.longest > maximum ? SliceDeclaration.step.name : SliceDeclaration.span.name
        return Diagnostic(
          .conflictingProperties, property: "slices",
          found: "\(property) of '\(declaration.dataType)' is \(Units.text(of: declaration.longest)), above max_span "
            + "\(Units.text(of: maximum)) of '\(neighbour.name)'",
          expected: "a \(property) of at most \(Units.text(of: maximum))")
      }
    }
  }
}
