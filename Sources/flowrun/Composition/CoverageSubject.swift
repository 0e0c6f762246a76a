import FlowCore
import FlowProcessors
import FlowServices

/// All that is known of one participant, and what it means for each data type.
struct CoverageSubject: Sendable {
  let standing: ParticipantStanding
  let records: ParticipantRecords
  /// Of the error folder, the oldest first.
  let entries: [StoredEntry]
  let types: [CoveredDataType]

  /// The latest sync that the participant file or the ledger knows. Intraday slices never reach beyond the sync that they were cut for.
  var latestSync: Instant? {
    let clocked = Set(types.filter { $0.step != .civilDay }.map(\.name))
    let seconds = records.ledger.flatMap { row in
      [row.latestSync, clocked.contains(row.key.dataType) ? row.key.end : nil].compactMap { $0 }
    }
    return [standing.sync.latest, seconds.max().map { Instant(seconds: $0) }].compactMap { $0 }.max()
  }

  private var enrolled: Instant? {
    standing.enrolled ?? records.ledger.map(\.key.start).min().map { Instant(seconds: $0) }
  }

  /// The last trouble that kept the participant from being asked at all.
  private var obstacle: StoredEntry? {
    entries.last { $0.slice == nil && $0.document.attributes[AttributeName.dataType] == nil }
  }

  func report(until: Instant, flowFile: String) throws -> CoverageReport.Participant {
    var report = CoverageReport.Participant(
      participant: standing.participant, enrolled: enrolled?.text, latestSync: latestSync?.text, zone: standing.zone,
      state: standing.collection?.rawValue, problem: standing.problem, dataTypes: [])
    guard let enrolled else { return report }
    for type in types {
      let coverage = CoveragePlanner.coverage(try request(type, from: enrolled, until: until))
      report.dataTypes.append(
        CoverageReport.DataType(type.name, coverage) { span in
          let words = words(for: span, type, flowFile: flowFile)
          return CoverageReport.Gap(span, why: words.why, next: words.next)
        })
    }
    return report
  }

  private func request(_ type: CoveredDataType, from enrolled: Instant, until: Instant) throws -> CoverageRequest {
    let ledger = records.ledger.filter { $0.key.dataType == type.name }
    return CoverageRequest(
      enrolled: enrolled.seconds, latestSync: latestSync?.seconds,
      isSyncKnown: latestSync != nil || standing.sync.tracker != nil, until: until.seconds, step: type.step,
      zone: try type.zoneClock(participant: standing.participant, zone: standing.zone) ?? .utc, ledger: ledger,
      presence: presence(of: type), dayTotals: dayTotals(of: type), unkept: unkept, obstacle: obstacle?.cause)
  }

  private func presence(of type: CoveredDataType) -> CoverageRequest.Presence {
    guard let table = type.table, let time = table.timeColumn else { return .ledger }
    return time.kind == .instant ? .minutes(records.minutes[table.name] ?? []) : .dates(records.dates[table.name] ?? [])
  }

  /// The days of the data type that writes the totals, as its ledger cut them.
  private func dayTotals(of type: CoveredDataType) -> [CoverageRequest.DayTotal] {
    guard let column = type.total, let source = types.first(where: { $0.table?.name == column.table }) else { return [] }
    let totals = records.totals[column] ?? [:]
    return records.ledger.filter { $0.key.dataType == source.name && ($0.state == .written || $0.state == .provisional) }.map { row in
      let zone = row.zone.flatMap { ZoneClock($0) } ?? .utc
      return .init(start: row.key.start, end: row.key.end, total: totals[zone.date(at: row.key.start)])
    }
  }

  /// From each late sync's predecessor to as long before it as a tracker keeps minutes.
  private var unkept: [Range<Int64>] {
    standing.sync.lateSyncs.compactMap { late in
      let end = (late.after - SyncRecord.minutesKept).seconds
      return late.before.seconds < end ? late.before.seconds..<end : nil
    }
  }

  // MARK: Words

  private func words(for span: CoverageSpan, _ type: CoveredDataType, flowFile: String) -> (why: String, next: String) {
    switch span.state {
    case .have: ("", "")
    case .notWorn: ("answered, and there is nothing for this time", "nothing")
    case .lost:
      (
        unkept.contains { $0.overlaps(span.start..<span.end) }
          ? "synced later than a tracker keeps minutes (7 days)" : "answered empty although the day's total is above 0",
        "nothing: the provider does not have it"
      )
    case .failed, .deferred: trouble(span, type, flowFile: flowFile)
    case .neverAsked:
      standing.collection == .paused || standing.collection == .withdrawn
        ? ("the participant is \(standing.collection?.rawValue ?? "")", "nothing while that is so")
        : ("no run has asked for it", "run the flow: flowrun \(flowFile)")
    case .notSynced: (notSynced, notSyncedRemedy)
    }
  }

  private var notSynced: String {
    let known = latestSync.map { "the latest sync is \($0.text)" }
    let words =
      switch standing.sync.tracker {
      case .some(.none): "no tracker is paired"
      case .neverSynced: "the tracker never synced"
      case .syncedEarlier: "the tracker synced earlier than before"
      case nil: known ?? "no sync is known"
      }
    return obstacle.map { "\(words); since then \($0.cause.rawValue): \($0.document.message)" } ?? words
  }

  private var notSyncedRemedy: String {
    if let obstacle { return CoverageWords.remedy(obstacle.cause, participant: standing.participant, flowFile: nil) }
    return standing.sync.tracker.map { $0 == .none } == true ? "have a tracker paired" : "have the tracker synced, then run the flow"
  }

  private func trouble(_ span: CoverageSpan, _ type: CoveredDataType, flowFile: String) -> (why: String, next: String) {
    let entry = entry(for: span, type)
    let cause = entry?.cause ?? span.cause
    let next =
      span.state == .deferred
      ? "run the flow again: flowrun \(flowFile)"
      : CoverageWords.remedy(cause ?? .internal, participant: standing.participant, flowFile: flowFile)
    guard let cause else { return ("left to the next run: rate limit, --timeout, a backfill window, or a run that was stopped", next) }
    return (entry.map { "\(cause.rawValue): \($0.document.message)" } ?? cause.rawValue, next)
  }

  /// The entry that tells of a span: its slice's, else its data type's, else its participant's.
  private func entry(for span: CoverageSpan, _ type: CoveredDataType) -> StoredEntry? {
    let own = entries.filter { $0.document.attributes[AttributeName.dataType] == type.name }
    let ofSlice = own.last { entry in
      entry.slice.map { $0.start < span.end && span.start < $0.end } == true && (span.cause == nil || entry.cause == span.cause)
    }
    return ofSlice ?? own.last { $0.slice == nil && $0.cause == span.cause } ?? obstacle.flatMap { $0.cause == span.cause ? $0 : nil }
  }
}
