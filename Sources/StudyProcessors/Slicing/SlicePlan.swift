import FlowCore
import StudyModel

/// What is wanted of one participant and data type, and what is known: the whole input of planning.
package struct SliceRequest: Sendable {
  /// Start of the history and latest sync, seconds since 1970; rounded down to whole minutes by the planner.
  package var enrolled: Int64
  package var latestSync: Int64
  /// What lies after it may still change, although the latest sync is later: another tracker has not synced since. nil: the latest sync.
  package var settledSync: Int64?
  package var step: SliceStep
  package var zone: CivilZone
  /// What counts back from the latest sync as not final yet.
  package var rereadSeconds: Int64
  /// The ledger's rows of this participant and data type, in order of start.
  package var ledger: [LedgerSlice]
  /// True for a slice whose obstacle has gone, so that it is asked again: what made it fail, or the consent that its answer lacked.
  package var isUnblocked: @Sendable (LedgerSlice) -> Bool
  /// True for what a backfill names: it is asked whatever the ledger says of it.
  package var isNamed: @Sendable (PlannedSlice) -> Bool

  package init(
    enrolled: Int64, latestSync: Int64, settledSync: Int64? = nil, step: SliceStep, zone: CivilZone, rereadSeconds: Int64,
    ledger: [LedgerSlice], isUnblocked: @escaping @Sendable (LedgerSlice) -> Bool = { _ in false },
    isNamed: @escaping @Sendable (PlannedSlice) -> Bool = { _ in false }
  ) {
    self.enrolled = enrolled
    self.latestSync = latestSync
    self.settledSync = settledSync
    self.isNamed = isNamed
    self.step = step
    self.zone = zone
    self.rereadSeconds = rereadSeconds
    self.ledger = ledger
    self.isUnblocked = isUnblocked
  }
}

extension SliceRequest {
  /// A slice of this request. It is provisional inside the re-read window, which is counted back from the latest sync, and where a
  /// tracker may still bring something.
  func cell(_ start: Int64, _ end: Int64, zone: String) -> PlannedSlice {
    PlannedSlice(
      start: start, end: end, zone: zone, isProvisional: end > min(latestSync - rereadSeconds, settledSync ?? latestSync))
  }
}

/// A slice to ask.
package struct PlannedSlice: Hashable, Sendable {
  /// Seconds since 1970, half-open.
  package var start: Int64
  package var end: Int64
  /// The zone in which its days are named.
  package var zone: String
  /// The answer cannot be final yet.
  package var isProvisional: Bool
}

/// Cuts what is wanted into canonical slices and leaves out what the ledger shows as done. Pure: no clock, no I/O.
///
/// Clock slices are cut on the days of the zone within `[enrolled, latest sync)`, whole minutes. Civil days are whole days that touch
/// it; days already in the ledger keep their bounds, so that after a change of zone the next day begins where the last one ended.
package enum SlicePlanner {
  /// No wearable of a consumer is as old. A longer history is a mistyped date, and is refused before it costs anything.
  package static let longestHistoryYears = 50

  /// Why dates from outside cannot be a history; nil: they can.
  package static func problem(enrolled: Int64, latestSync: Int64) -> String? {
    guard latestSync - enrolled > Int64(longestHistoryYears) * 366 * 86_400 else { return nil }
    return "from \(Instant(seconds: enrolled).text) to \(Instant(seconds: latestSync).text) are more than \(longestHistoryYears) years; "
      + "expected a history of a study: correct the date of enrolment, or the clock of the tracker"
  }

  /// All slices at once, for histories that are known to be short.
  package static func plan(_ request: SliceRequest) -> [PlannedSlice] { Array(SliceSequence(request)) }

  /// What of a cell is to be asked: nothing, the cell, or what failed slices leave of it.
  static func pieces(
    of cell: PlannedSlice, known rows: ArraySlice<LedgerSlice>, _ request: SliceRequest
  ) -> [PlannedSlice] {
    if request.isNamed(cell) { return [cell] }
    if covers(rows, cell, request) { return [] }
    let held = rows.filter { $0.state == .failed && !request.isUnblocked($0) }
    guard !held.isEmpty else { return [cell] }
    var pieces: [PlannedSlice] = []
    var from = cell.start
    for row in held {
      if from < row.key.start { pieces.append(piece(cell, from, row.key.start, request)) }
      from = max(from, row.key.end)
    }
    if from < cell.end { pieces.append(piece(cell, from, cell.end, request)) }
    return pieces.filter { piece in !covers(rows, piece, request) }
  }

  private static func piece(_ cell: PlannedSlice, _ start: Int64, _ end: Int64, _ request: SliceRequest) -> PlannedSlice {
    var piece = request.cell(start, end, zone: cell.zone)
    piece.isProvisional = piece.isProvisional || cell.isProvisional
    return piece
  }

  /// Every second of the slice is in a row that need not be asked again.
  private static func covers(_ rows: ArraySlice<LedgerSlice>, _ slice: PlannedSlice, _ request: SliceRequest) -> Bool {
    var covered = slice.start
    for row in rows where row.key.start <= covered && isSettled(row, in: slice, request) { covered = max(covered, row.key.end) }
    return covered >= slice.end
  }

  private static func isSettled(_ row: LedgerSlice, in slice: PlannedSlice, _ request: SliceRequest) -> Bool {
    switch row.state {
    // One that was asked with a later sync than the tracker has was asked with a wrong one.
    case .written: (row.latestSync ?? .min) <= request.latestSync && !request.isUnblocked(row)
    // The latest sync has not moved since it was asked: the provider can have nothing new, unless another tracker has synced up to here.
    case .provisional: row.latestSync == request.latestSync && slice.isProvisional && !request.isUnblocked(row)
    case .deferred, .failed: false
    }
  }
}
