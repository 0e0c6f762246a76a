import FlowCore
import StudyModel

/// The complete input of planning for one participant and data type.
package struct SliceRequest: Sendable {
  /// Start of the history and latest sync, seconds since 1970; rounded down to whole minutes by the planner.
  package var enrolled: Int64
  package var latestSync: Int64
  /// Data after this time may still change, because another tracker has not synced since. nil means the latest sync.
  package var settledSync: Int64?
  package var step: SliceStep
  package var zone: CivilZone
  /// Length of the window before the latest sync whose data is not final.
  package var rereadSeconds: Int64
  /// The ledger rows of this participant and data type, ordered by start.
  package var ledger: [LedgerSlice]
  /// Whether the reason why a slice failed or lacked a scope is gone, so that it is requested again.
  package var isUnblocked: @Sendable (LedgerSlice) -> Bool
  /// Whether a backfill selects the slice; it is then requested whatever the ledger says. nil if the run is not a backfill.
  package var isNamed: (@Sendable (PlannedSlice) -> Bool)?

  package init(
    enrolled: Int64, latestSync: Int64, settledSync: Int64? = nil, step: SliceStep, zone: CivilZone, rereadSeconds: Int64,
    ledger: [LedgerSlice], isUnblocked: @escaping @Sendable (LedgerSlice) -> Bool = { _ in false },
    isNamed: (@Sendable (PlannedSlice) -> Bool)? = nil
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
  /// Makes a slice of this request. It is provisional inside the re-read window before the latest sync, and where a
  /// tracker may still add data.
  func cell(_ start: Int64, _ end: Int64, zone: String) -> PlannedSlice {
    PlannedSlice(
      start: start, end: end, zone: zone, isProvisional: end > min(latestSync - rereadSeconds, settledSync ?? latestSync))
  }
}

/// A slice to request.
package struct PlannedSlice: Hashable, Sendable {
  /// Seconds since 1970, half-open.
  package var start: Int64
  package var end: Int64
  /// The zone of its dates.
  package var zone: String
  /// Whether the answer cannot be final yet.
  package var isProvisional: Bool
}

/// Cuts the wanted time into canonical slices and omits those that the ledger has as done. Pure: no clock, no I/O.
///
/// Clock slices are cut at the zone's days within `[enrolled, latest sync)`, in whole minutes. Civil-day slices are the
/// whole days that overlap it. Days already in the ledger keep their bounds, so that after a change of zone the next
/// day begins where the last one ended.
package enum SlicePlanner {
  /// Consumer wearables are younger than this. A longer history is a mistyped date and is rejected before it causes
  /// requests.
  package static let longestHistoryYears = 50

  /// Why two dates cannot bound a history; nil if they can.
  package static func problem(enrolled: Int64, latestSync: Int64) -> String? {
    guard latestSync - enrolled > Int64(longestHistoryYears) * 366 * 86_400 else { return nil }
    return "from \(Instant(seconds: enrolled).text) to \(Instant(seconds: latestSync).text) is more than \(longestHistoryYears) years; "
      + "expected the length of a study: correct the date of enrolment, or the clock of the tracker"
  }

  /// All slices at once, for histories known to be short.
  package static func plan(_ request: SliceRequest) -> [PlannedSlice] { Array(SliceSequence(request)) }

  /// The parts of a cell to request: none, the whole cell, or what remains beside failed slices.
  static func pieces(
    of cell: PlannedSlice, known rows: ArraySlice<LedgerSlice>, _ request: SliceRequest
  ) -> [PlannedSlice] {
    if request.isNamed?(cell) == true { return [cell] }
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

  /// Whether every second of the slice is in a row that need not be requested again.
  private static func covers(_ rows: ArraySlice<LedgerSlice>, _ slice: PlannedSlice, _ request: SliceRequest) -> Bool {
    var covered = slice.start
    for row in rows where row.key.start <= covered && isSettled(row, in: slice, request) { covered = max(covered, row.key.end) }
    return covered >= slice.end
  }

  /// The row leaves nothing to ask of the slice, as far as it reaches.
  static func isSettled(_ row: LedgerSlice, in slice: PlannedSlice, _ request: SliceRequest) -> Bool {
    switch row.state {
    // A recorded sync later than the tracker's latest one was wrong.
    case .written: (row.latestSync ?? .min) <= request.latestSync && !request.isUnblocked(row)
    // If the latest sync is unchanged, the provider has nothing new, unless another tracker has synced up to here.
    case .provisional: row.latestSync == request.latestSync && slice.isProvisional && !request.isUnblocked(row)
    case .deferred, .failed: false
    }
  }
}
