import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants
import StudyProcessors

/// Everything known about one participant, and its evaluation for each data type.
package struct CoverageSubject: Sendable {
  package let status: ParticipantStatus
  package let records: ParticipantRecords
  /// Error entries, oldest first.
  package let entries: [StoredEntry]
  package let types: [CoveredDataType]
  package let view: CoverageView
  package let words: CoverageWords

  /// The latest sync in the participant file or the ledger. Intraday slices never extend past the sync they were cut
  /// for.
  package let latestSync: Instant?

  package init(
    status: ParticipantStatus, records: ParticipantRecords, entries: [StoredEntry], types: [CoveredDataType], view: CoverageView, words: CoverageWords
  ) {
    self.status = status
    self.records = records
    self.entries = entries
    self.types = types
    self.view = view
    self.words = words
    // Once: a year of four data types is 1,500 rows, and every data type's evaluation asks for it.
    let clocked = Set(types.filter { $0.step != .civilDay }.map(\.name))
    var latest: Int64?
    for row in records.ledger {
      if let sync = row.latestSync { latest = max(latest ?? sync, sync) }
      if clocked.contains(row.key.dataType) { latest = max(latest ?? row.key.end, row.key.end) }
    }
    latestSync = [status.sync.latest, latest.map { Instant(seconds: $0) }].compactMap { $0 }.max()
  }

  private var enrolled: Instant? {
    status.enrolled ?? records.ledger.map(\.key.start).min().map { Instant(seconds: $0) }
  }

  /// The latest error that prevented any request for the participant.
  package var obstacle: StoredEntry? {
    entries.last { $0.slice == nil && $0.document.attributes[AttributeName.dataType] == nil }
  }

  /// False if the participant is paused or withdrawn.
  package var isCollected: Bool { status.collection != .paused && status.collection != .withdrawn }

  /// In which the participant's days begin and end.
  package var zone: CivilZone { status.zone.flatMap { CivilZone($0) } ?? .utc }

  /// What is there and what is missing, for each data type.
  package func evaluation(until: Instant) throws -> CoverageEvaluation {
    let reach = SlicePlanner.problem(enrolled: enrolled?.seconds ?? 0, latestSync: max(until, latestSync ?? until).seconds)
    let problem = status.problem ?? (enrolled == nil ? nil : reach)
    guard let enrolled, problem == nil else {
      let verdict = CoverageVerdict(
        standing: .needsPerson, finding: problem ?? "the date of enrolment is unknown", next: "fix the participant's file")
      return CoverageEvaluation(subject: self, enrolled: enrolled, problem: problem, coverages: [], verdict: verdict)
    }
    let coverages = try types.map { CoveragePlanner.coverage(try request($0, from: enrolled, until: until)) }
    return CoverageEvaluation(subject: self, enrolled: enrolled, problem: nil, coverages: coverages, verdict: verdict(coverages, until: until))
  }

  private func request(_ type: CoveredDataType, from enrolled: Instant, until: Instant) throws -> CoverageRequest {
    let ledger = records.ledger.filter { $0.key.dataType == type.name }
    var request = CoverageRequest(
      enrolled: enrolled.seconds, latestSync: latestSync?.seconds,
      isSyncKnown: latestSync != nil || status.sync.tracker != nil, until: until.seconds, step: type.step,
      zone: try type.zoneClock(participant: status.participant, zone: status.zone) ?? .utc, ledger: ledger,
      presence: presence(of: type), dayTotals: dayTotals(of: type), expiredOnDevice: expiredOnDevice, obstacle: obstacle?.cause)
    request.isCollected = isCollected
    request.view = view.range(in: zone, knownUntil: until)
    return request
  }

  /// The participant's zone at an instant, as far as recorded.
  func localZone(at instant: Int64) -> CivilZone {
    let entries = status.sync.zones.entries
    let entry = entries.last { $0.since.map { $0.seconds <= instant } ?? true }
    return entry.flatMap { CivilZone($0.zone) } ?? zone
  }

  private func presence(of type: CoveredDataType) -> CoverageRequest.Presence {
    guard let table = type.table, let time = table.timeColumn else { return .ledger }
    guard time.kind == .instant else { return .dates(records.dates[table.name] ?? []) }
    let minutes = records.minutes[table.name] ?? []
    return type.durationColumn == nil ? .minutes(minutes) : .intervals(minutes)
  }

  /// The days of the data type that writes the totals, as cut in its ledger.
  private func dayTotals(of type: CoveredDataType) -> [CoverageRequest.DayTotal] {
    guard let column = type.total, let source = types.first(where: { $0.table?.name == column.table }) else { return [] }
    let totals = records.totals[column] ?? [:]
    return records.ledger.filter { $0.key.dataType == source.name && ($0.state == .written || $0.state == .provisional) }.map { row in
      let zone = row.zone.flatMap { CivilZone($0) } ?? .utc
      return .init(start: row.key.start, end: row.key.end, total: totals[zone.date(at: row.key.start)])
    }
  }

  /// The time after each sync that preceded a late one, up to the minutes the tracker still kept.
  private var expiredOnDevice: [Range<Int64>] {
    status.sync.lateSyncs.compactMap { late in
      let end = (late.after - SyncRecord.minutesKept).seconds
      return late.before.seconds < end ? late.before.seconds..<end : nil
    }
  }

  // MARK: Words

  func words(for span: CoverageSpan, _ type: CoveredDataType) -> (why: String, next: String) {
    switch span.state {
    case .have: ("", "")
    case .notWorn: ("answered, and there is nothing for this time", "nothing")
    case .lost:
      (
        expiredOnDevice.contains { $0.overlaps(span.start..<span.end) }
          ? "synced later than a tracker keeps minutes (7 days)" : "answered empty although the day's total is above 0",
        "nothing: the provider does not have it"
      )
    case .failed, .deferred: trouble(span, type)
    case .neverAsked: ("no run has asked for it", "run the flow: \(words.run)")
    case .notSynced: isCollected ? (notSynced, notSyncedRemedy) : (notCollected, words.resume(status.participant, status.collection))
    }
  }

  private var notCollected: String { status.collection == .paused ? "the participant is paused" : "the participant has withdrawn" }

  package var notSynced: String {
    let known = latestSync.map { "the latest sync is \($0.text)" }
    let words =
      switch status.sync.tracker {
      case .some(.none): "no tracker is paired"
      case .neverSynced: "the tracker never synced"
      case .syncedEarlier: "the tracker synced earlier than before"
      case nil: known ?? "no sync is known"
      }
    return obstacle.map { "\(words); since then \($0.cause.rawValue): \($0.document.message)" } ?? words
  }

  package var notSyncedRemedy: String {
    if let obstacle { return words.remedy(obstacle.cause, participant: status.participant, canReplay: false) }
    return status.sync.tracker.map { $0 == .none } == true ? "have a tracker paired" : "have the tracker synced, then run the flow"
  }

  private func trouble(_ span: CoverageSpan, _ type: CoveredDataType) -> (why: String, next: String) {
    let entry = entry(for: span, type)
    let cause = entry?.cause ?? span.cause
    let next =
      span.state == .deferred
      ? "run the flow again: \(words.run)" : words.remedy(cause ?? .internal, participant: status.participant, canReplay: true)
    guard let cause else { return ("left to the next run: rate limit, --timeout, a backfill window, or a run that was stopped", next) }
    return (entry.map { "\(cause.rawValue): \($0.document.message)" } ?? cause.rawValue, next)
  }

  /// The error entry for a span: that of its slice, otherwise of its data type, otherwise of its participant.
  private func entry(for span: CoverageSpan, _ type: CoveredDataType) -> StoredEntry? {
    let own = entries.filter { $0.document.attributes[AttributeName.dataType] == type.name }
    let ofSlice = own.last { entry in
      entry.slices.contains { $0.start < span.end && span.start < $0.end } && (span.cause == nil || entry.cause == span.cause)
    }
    return ofSlice ?? own.last { $0.slice == nil && $0.cause == span.cause } ?? obstacle.flatMap { $0.cause == span.cause ? $0 : nil }
  }
}

// MARK: - Verdict

extension CoverageSubject {
  /// A tracker that has not synced for longer than this needs attention.
  private static let staleSeconds: Int64 = 48 * 3600

  /// Whether something should be done about a span.
  func isProblem(_ span: CoverageSpan) -> Bool {
    switch span.state {
    case .have, .notWorn, .lost: false
    case .failed, .deferred, .neverAsked: true
    case .notSynced:
      isCollected && (obstacle != nil || latestSync == nil || status.sync.tracker != nil || span.end - span.start >= Self.staleSeconds)
    }
  }

  private func verdict(_ coverages: [Coverage], until: Instant) -> CoverageVerdict {
    guard isCollected else {
      return CoverageVerdict(
        standing: .notCollected, finding: notCollected, next: words.resume(status.participant, status.collection))
    }
    let causes = coverages.flatMap(\.spans).filter { $0.state == .failed }.map { $0.cause ?? .internal } + (obstacle.map { [$0.cause] } ?? [])
    if let cause = causes.first(where: { !$0.isRetryable }) {
      let entry = entries.last { $0.cause == cause }
      return CoverageVerdict(
        standing: .needsPerson, finding: "needs a person: " + (entry.map { "\(cause.rawValue): \($0.document.message)" } ?? cause.rawValue),
        next: words.remedy(cause, participant: status.participant, canReplay: latestSync != nil))
    }
    let left = Self.amounts(coverages, [.failed, .deferred, .neverAsked])
    if !left.isEmpty || !causes.isEmpty {
      let reason = causes.first.map { " (\($0.rawValue))" } ?? ""
      return CoverageVerdict(
        standing: .waiting, finding: "waits for the next run" + (left.isEmpty ? "" : ": " + left) + reason, next: words.run)
    }
    guard let latestSync else { return CoverageVerdict(standing: .notSynced, finding: notSynced, next: notSyncedRemedy) }
    // The whole view lies after the latest sync, so nothing could be requested yet.
    if coverages.contains(where: { $0[.notSynced] > 0 }), !coverages.contains(where: { $0.wanted > 0 }) {
      return CoverageVerdict(standing: .notSynced, finding: "not synced since \(latestSync.text)", next: notSyncedRemedy)
    }
    let missing = Self.amounts(coverages, [.notWorn, .lost])
    let end = view.range(in: zone, knownUntil: until).map { min($0.upperBound, until.seconds) } ?? until.seconds
    let isStale = isStale(at: Instant(seconds: end))
    return CoverageVerdict(
      standing: .complete,
      finding: "complete" + (missing.isEmpty ? "" : " but for \(missing)") + (isStale ? ", up to its latest sync at \(latestSync.text)" : ""),
      next: isStale ? notSyncedRemedy : CoverageVerdict.nothing)
  }

  /// Whether the latest sync is overdue; not without one.
  package func isStale(at end: Instant) -> Bool {
    guard let latestSync else { return false }
    return end.seconds - latestSync.seconds >= Self.staleSeconds || (status.sync.tracker != nil && end.seconds > latestSync.seconds)
  }

  /// `1 443 min not worn and 60 min lost`: for each state the maximum over the data types, in minutes if there are any.
  private static func amounts(_ coverages: [Coverage], _ states: [CoverageState]) -> String {
    let parts = states.compactMap { state -> String? in
      for unit in [CoverageUnit.minute, .day] {
        let most = coverages.filter { $0.unit == unit }.map { $0[state] }.max() ?? 0
        guard most > 0 else { continue }
        let unitWords = unit == .minute ? "min" : most == 1 ? "day" : "days"
        return "\(CoverageVerdict.grouped(most)) \(unitWords) \(state.words)"
      }
      return nil
    }
    return parts.count < 3 ? parts.joined(separator: " and ") : parts.dropLast().joined(separator: ", ") + " and " + parts[parts.count - 1]
  }
}
