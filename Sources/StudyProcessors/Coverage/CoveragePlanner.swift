import FlowCore
import StudyModel

/// Determines the coverage state of every wanted minute or day. Pure: no clock, no I/O.
///
/// The spans cover `[enrolled, latest sync)` and, as not synced, the time from there to `until`: in whole minutes, or
/// in the local days that overlap it. For tables of intervals, they cover the intervals and what is missing.
package enum CoveragePlanner {
  package static func coverage(_ request: CoverageRequest) -> Coverage {
    let start = wholeMinute(request.enrolled)
    let until = max(wholeMinute(request.until), start)
    // If the latest sync is unknown and an obstacle explains why, the available data is unknown too: none of it counts
    // as failed.
    let isSynced = request.latestSync != nil || (!request.isSyncKnown && request.obstacle == nil)
    let end = request.latestSync.map { max(wholeMinute($0), start) } ?? (isSynced ? until : start)
    var spans: [CoverageSpan]
    switch request.unit {
    case .minute:
      spans = minutes(from: start, to: end, request)
      if end < until { spans.append(minuteSpan(end, until, .notSynced)) }
    case .day: spans = days(from: start, to: end, until: until, request)
    }
    return Coverage(unit: request.unit, spans: merged(spans.compactMap { seen($0, request) }))
  }

  /// Clips a span to the view, and sets its state for participants who are no longer collected.
  private static func seen(_ span: CoverageSpan, _ request: CoverageRequest) -> CoverageSpan? {
    var span = span
    if let view = request.view {
      switch request.unit {
      case .day: guard view.contains(span.start + (span.end - span.start) / 2) else { return nil }
      case .minute:
        guard view.overlaps(span.start..<span.end) else { return nil }
        span = minuteSpan(max(span.start, view.lowerBound), min(span.end, view.upperBound), span.state, cause: span.cause)
      }
    }
    if !request.isCollected, [.neverAsked, .deferred, .failed].contains(span.state) { span.state = .notSynced }
    if span.state == .notSynced, request.latestSync == nil { span.cause = request.obstacle }
    return span
  }

  private static func wholeMinute(_ instant: Int64) -> Int64 { instant.flooredDivision(by: 60) * 60 }

  private static func minuteSpan(_ start: Int64, _ end: Int64, _ state: CoverageState, cause: Cause? = nil) -> CoverageSpan {
    CoverageSpan(start: start, end: end, state: state, count: (end - start) / 60, cause: cause)
  }

  /// Merges adjacent spans with equal state and cause.
  private static func merged(_ spans: [CoverageSpan]) -> [CoverageSpan] {
    spans.reduce(into: []) { merged, span in
      guard let last = merged.last, last.end == span.start, last.state == span.state, last.cause == span.cause else {
        merged.append(span)
        return
      }
      merged[merged.count - 1].end = span.end
      merged[merged.count - 1].count += span.count
    }
  }

  // MARK: Minutes

  private static func minutes(from start: Int64, to end: Int64, _ request: CoverageRequest) -> [CoverageSpan] {
    guard start < end else { return [] }
    let present = presentMinutes(request)
    let lost = LostTime(request, present: present)
    var spans: [CoverageSpan] = []
    var next = 0
    for part in ledgerParts(from: start, to: end, request) {
      var from = part.start
      // In a slice with a night's stages, the remaining time is time awake and not missing.
      let isNight = isNight(part, among: present, from: next, request)
      while next < present.count, present[next].upperBound <= from { next += 1 }
      // A row counts as present whatever the ledger says of its slice.
      for index in next..<present.count {
        let range = present[index]
        guard range.lowerBound < part.end else { break }
        if from < range.lowerBound, !isNight { spans += spansWithoutRows(from..<range.lowerBound, of: part, lost) }
        let presentEnd = min(range.upperBound, part.end)
        spans.append(minuteSpan(max(from, range.lowerBound), presentEnd, .have))
        from = presentEnd
      }
      if from < part.end, !isNight { spans += spansWithoutRows(from..<part.end, of: part, lost) }
    }
    return spans
  }

  private static func isNight(_ part: CoverageSpan, among present: [Range<Int64>], from next: Int, _ request: CoverageRequest) -> Bool {
    guard case .intervals = request.presence, part.state == .notWorn else { return false }
    return present[next...].prefix { $0.lowerBound < part.end }.contains { $0.upperBound > part.start }
  }

  private static func presentMinutes(_ request: CoverageRequest) -> [Range<Int64>] {
    switch request.presence {
    case .minutes(let ranges), .intervals(let ranges): ranges
    case .dates, .ledger: request.ledger.filter { $0.state.isAnswered && $0.rows > 0 }.map { $0.key.start..<$0.key.end }
    }
  }

  /// Spans for time without rows: the ledger's state, and for answered time whether data was lost.
  private static func spansWithoutRows(_ time: Range<Int64>, of part: CoverageSpan, _ lost: LostTime) -> [CoverageSpan] {
    guard part.state == .notWorn else { return [minuteSpan(time.lowerBound, time.upperBound, part.state, cause: part.cause)] }
    return lost.cut(time).map { range, isLost in
      minuteSpan(range.lowerBound, range.upperBound, isLost ? .lost : .notWorn)
    }
  }

  /// Cuts the time at the bounds of the ledger's rows; answered time counts as not worn until a row is found.
  private static func ledgerParts(from start: Int64, to end: Int64, _ request: CoverageRequest) -> [CoverageSpan] {
    var parts: [CoverageSpan] = []
    var from = start
    for row in request.ledger where row.key.end > from && row.key.start < end {
      if from < row.key.start { parts.append(unknown(from, row.key.start, request)) }
      let rowEnd = min(row.key.end, end)
      parts.append(minuteSpan(max(from, row.key.start), rowEnd, row.state.coverage, cause: row.standingCause))
      from = rowEnd
    }
    if from < end { parts.append(unknown(from, end, request)) }
    return parts
  }

  private static func unknown(_ start: Int64, _ end: Int64, _ request: CoverageRequest) -> CoverageSpan {
    minuteSpan(start, end, request.obstacle == nil ? .neverAsked : .failed, cause: request.obstacle)
  }

  // MARK: Days

  private static func days(from start: Int64, to end: Int64, until: Int64, _ request: CoverageRequest) -> [CoverageSpan] {
    func cells(_ from: Int64, _ to: Int64) -> [PlannedSlice] {
      Array(
        CellSequence(
          from: from, to: to,
          SliceRequest(
            enrolled: from, latestSync: to, step: .civilDay, zone: request.zone, rereadSeconds: 0, ledger: request.ledger)))
    }
    let wanted = start < end ? cells(start, end) : []
    var days = DayLookup(request)
    var spans = wanted.map { span(of: $0, days.row(at: $0.start), request) }
    let reached = wanted.last?.end ?? start
    guard reached < until else { return spans }
    spans += cells(reached, until).filter { $0.end > reached }.map {
      CoverageSpan(start: max($0.start, reached), end: $0.end, state: .notSynced, count: 1)
    }
    return spans
  }

  private static func span(of day: PlannedSlice, _ row: LedgerSlice?, _ request: CoverageRequest) -> CoverageSpan {
    func span(_ state: CoverageState, _ cause: Cause? = nil) -> CoverageSpan {
      CoverageSpan(start: day.start, end: day.end, state: state, count: 1, cause: cause)
    }
    if isPresent(day, row, request) { return span(.have) }
    guard let row else { return span(request.obstacle == nil ? .neverAsked : .failed, request.obstacle) }
    return span(row.state.coverage, row.standingCause)
  }

  private static func isPresent(_ day: PlannedSlice, _ row: LedgerSlice?, _ request: CoverageRequest) -> Bool {
    switch request.presence {
    case .dates(let dates): dates.contains((CivilZone(day.zone) ?? request.zone).date(at: day.start))
    case .ledger, .minutes, .intervals: row.map { $0.state.isAnswered && $0.rows > 0 } ?? false
    }
  }
}

/// Looks up the ledger row of each day; days must be given in order of time.
private struct DayLookup {
  private let ledger: [LedgerSlice]
  private var next = 0

  init(_ request: CoverageRequest) { ledger = request.ledger }

  mutating func row(at instant: Int64) -> LedgerSlice? {
    while next < ledger.count, ledger[next].key.end <= instant { next += 1 }
    return next < ledger.count && ledger[next].key.start <= instant ? ledger[next] : nil
  }
}

extension SliceState {
  /// Whether the provider has answered, with rows or without.
  var isAnswered: Bool { self == .written || self == .provisional }

  /// The coverage state of time without rows in a slice of this state.
  fileprivate var coverage: CoverageState {
    switch self {
    case .written, .provisional: .notWorn
    case .deferred: .deferred
    case .failed: .failed
    }
  }
}

extension LedgerSlice {
  /// The cause of waiting or failure; nil once answered.
  fileprivate var standingCause: Cause? { state.isAnswered ? nil : cause }
}
