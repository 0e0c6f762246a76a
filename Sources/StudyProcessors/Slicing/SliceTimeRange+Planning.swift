import FlowCore
import StudyModel

extension SliceTimeRange {
  /// Number of slices planned at a time and stored in the content of a participant's FlowFile.
  private static let chunkCount = 256
  /// Ledger rows written in one transaction; bounded, because others wait for the writer.
  private static let batchCount = 500

  /// Plans a participant for the first time. Slices that have to wait are recorded as `deferred` at once, so that the
  /// ledger has no gap however the run ends.
  func begin(_ subject: SliceSubject, _ session: ProcessSession) async throws -> WaitingPlan {
    // Ignores syncs in the future, which earlier versions recorded from trackers with a wrong clock.
    let latest = max(subject.latestSync, session.environment.time.now.seconds + 86_400)
    // A backfill selects slices regardless of their state, so it needs each of them.
    let outline = try await store.outline(
      of: subject.participant, dataTypes: declarations.map(\.dataType), settledBy: latest, each: window?.reach)
    if let before = outline.latestSync, subject.latestSync < before {
      session.post(
        .warning, "latest sync is earlier than before: nothing to collect",
        "\(subject.participant): \(Instant(seconds: subject.latestSync).text), before \(Instant(seconds: before).text)")
      return WaitingPlan()
    }
    var requests: [(dataType: String, request: SliceRequest)] = []
    for declaration in declarations {
      let request = try request(declaration, subject, outline.rows)
      if case .toolchain(let reason) = request.zone.origin {
        session.post(.warning, "zone rules are those compiled into the program, and may be out of date", "\(request.zone.name): \(reason)")
      }
      guard isGranted(declaration, to: subject.participant) else {
        try await refuse(request, declaration, subject, session)
        continue
      }
      requests.append((declaration.dataType, request))
    }
    let plan = chunk(of: requests.map { ($0.dataType, SliceSequence($0.request)) })
    var later = plan
    let atOnce = Set(later.take(portionCount, upTo: limits).flatMap(\.waiting))
    for (dataType, request) in requests {
      let waiting = SliceSequence(request).lazy.filter { !atOnce.contains(WaitingSlice(dataType: dataType, slice: $0)) }
      _ = try await record(waiting, dataType, subject, state: .deferred)
    }
    return plan
  }

  /// Plans the slices after those already emitted.
  func nextChunk(after rest: [String: Int64], _ subject: SliceSubject) async throws -> WaitingPlan {
    chunk(of: try await sequences(from: rest, subject))
  }

  /// Records all slices not yet emitted as `deferred` after a stop. Returns their number.
  func deferAll(_ plan: WaitingPlan, _ subject: SliceSubject) async throws -> Int {
    var count = plan.slices.count
    for (dataType, slices) in Dictionary(grouping: plan.slices, by: \.dataType) {
      _ = try await record(slices.map(\.slice), dataType, subject, state: .deferred)
    }
    // Later slices were recorded when the plan was made.
    for (_, slices) in try await sequences(from: plan.rest, subject) {
      for slice in slices where window?.contains(slice) ?? true { count += 1 }
    }
    return count
  }

  private func sequences(from rest: [String: Int64], _ subject: SliceSubject) async throws -> [(String, SliceSequence)] {
    guard let earliest = rest.values.min() else { return [] }
    // The first part of a split cell begins up to a day before its second part.
    let rows = try await store.ledger(of: subject.participant, dataTypes: rest.keys.sorted(), endingAfter: earliest - 2 * 86_400)
    return try declarations.compactMap { declaration in
      guard let place = rest[declaration.dataType] else { return nil }
      return (declaration.dataType, SliceSequence(try request(declaration, subject, rows), from: place))
    }
  }

  /// Merges the data types oldest first, so that data of the same time arrives together. Spans are kept whole, so that their
  /// number does not depend on how much is planned at a time.
  private func chunk(of sequences: [(dataType: String, slices: SliceSequence)]) -> WaitingPlan {
    let count = max(Self.chunkCount, portionCount)
    var found: [(order: Int, span: SliceSpan)] = []
    for (order, sequence) in sequences.enumerated() {
      var planned = 0
      for span in planning.spans(sequence.slices, of: sequence.dataType) {
        found.append((order, span))
        // One more than can be taken: it says where the rest begins.
        if planned >= count { break }
        planned += span.slices.count
      }
    }
    found.sort { ($0.span.start, $0.order) < ($1.span.start, $1.order) }
    var plan = WaitingPlan()
    for (_, span) in found {
      if plan.slices.count < count {
        plan.slices += span.waiting
      } else if plan.rest[span.dataType] == nil {
        plan.rest[span.dataType] = span.start
      }
    }
    return plan
  }

  private func isGranted(_ declaration: SliceDeclaration, to participant: String) -> Bool {
    declaration.isCovered { scopes.isGranted($0, for: participant) }
  }

  private func request(_ declaration: SliceDeclaration, _ subject: SliceSubject, _ rows: [LedgerSlice]) throws -> SliceRequest {
    try planning.request(declaration, subject, rows) { [scopes] in scopes.isGranted($0, for: subject.participant) }
  }

  /// Without consent no request is made: the ledger records the slices as failed, and one FlowFile reports it.
  private func refuse(_ request: SliceRequest, _ declaration: SliceDeclaration, _ subject: SliceSubject, _ session: ProcessSession) async throws {
    let participant = subject.participant
    let needed = [declaration.scope].compactMap { $0 } + declaration.anyScope
    let count = try await record(SliceSequence(request), declaration.dataType, subject, state: .failed, cause: .scope)
    guard count > 0 || request.ledger.contains(where: { $0.cause == .scope }) else { return }
    // Recorded with the participant, so that the next run requests the consent's current scopes.
    for scope in needed where !scopes.isGranted(scope, for: participant) { scopes.refuse(scope, for: participant) }
    var child = session.create(childOf: subject.flowFile)
    child[AttributeName.dataType] = declaration.dataType
    session.transfer(
      child, to: Self.scopeRefused,
      because: FlowFileFailure(
        cause: .scope,
        message: "the consent of \(participant) does not cover '\(needed.joined(separator: "', '"))': \(declaration.dataType) is not collected; "
          + "ask for wider consent"))
    session.count("slices refused", count)
  }

  /// Records slices that are not emitted, in bounded batches. Returns their number.
  private func record(
    _ slices: some Sequence<PlannedSlice>, _ dataType: String, _ subject: SliceSubject, state: SliceState, cause: Cause? = nil
  ) async throws -> Int {
    var count = 0
    var batch: [LedgerSlice] = []
    for slice in slices {
      batch.append(ledgerRow(slice, dataType, of: subject.participant, state: state, cause: cause))
      count += 1
      guard batch.count == Self.batchCount else { continue }
      try await store.record(batch)
      batch.removeAll(keepingCapacity: true)
    }
    try await store.record(batch)
    return count
  }
}
