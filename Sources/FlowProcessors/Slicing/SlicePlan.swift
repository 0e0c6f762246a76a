import FlowCore

/// What is wanted of one participant and data type, and what is known: the whole input of planning.
package struct SliceRequest: Sendable {
  /// Start of the history and latest sync, seconds since 1970; rounded down to whole minutes by the planner.
  package var enrolled: Int64
  package var latestSync: Int64
  package var step: SliceStep
  package var zone: ZoneClock
  /// What counts back from the latest sync as not final yet.
  package var rereadSeconds: Int64
  /// The ledger's rows of this participant and data type, in order of start.
  package var ledger: [LedgerSlice]
  /// True for a slice whose obstacle has gone, so that it is asked again: what made it fail, or the consent that its answer lacked.
  package var isUnblocked: @Sendable (LedgerSlice) -> Bool

  package init(
    enrolled: Int64, latestSync: Int64, step: SliceStep, zone: ZoneClock, rereadSeconds: Int64,
    ledger: [LedgerSlice], isUnblocked: @escaping @Sendable (LedgerSlice) -> Bool = { _ in false }
  ) {
    self.enrolled = enrolled
    self.latestSync = latestSync
    self.step = step
    self.zone = zone
    self.rereadSeconds = rereadSeconds
    self.ledger = ledger
    self.isUnblocked = isUnblocked
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
  package static func plan(_ request: SliceRequest) -> [PlannedSlice] {
    let start = request.enrolled.flooredDivision(by: 60) * 60
    let end = request.latestSync.flooredDivision(by: 60) * 60
    guard start < end else { return [] }
    let cells = cells(from: start, to: end, request)
    var planned: [PlannedSlice] = []
    var first = 0
    for cell in cells {
      while first < request.ledger.count, request.ledger[first].key.end <= cell.start { first += 1 }
      let rows = request.ledger[first...].prefix { $0.key.start < cell.end }
      planned += pieces(of: cell, known: rows, request)
    }
    return planned
  }

  /// Canonical slices that cover `[start, end)`.
  static func cells(from start: Int64, to end: Int64, _ request: SliceRequest) -> [PlannedSlice] {
    switch request.step {
    case .clock(let step): clockCells(from: start, to: end, step: step, request)
    case .civilDay: dayCells(from: start, to: end, request)
    }
  }

  private static func clockCells(from start: Int64, to end: Int64, step: Int64, _ request: SliceRequest) -> [PlannedSlice] {
    var cells: [PlannedSlice] = []
    var from = start
    while from < end {
      let date = request.zone.date(at: from)
      let midnight = request.zone.startOfDay(date)
      let nextMidnight = request.zone.startOfDay(date.advanced(byDays: 1))
      // Steps count from the day's own beginning, so that a slice has the same bounds whenever it is cut.
      let nextStep = midnight + ((from - midnight) / step + 1) * step
      let to = min(nextStep, nextMidnight, end)
      cells.append(cell(from, to, zone: request.zone.name, request))
      from = to
    }
    return cells
  }

  /// Days that the ledger knows keep their bounds and their zone; what lies between and after them is filled with the zone's days.
  private static func dayCells(from start: Int64, to end: Int64, _ request: SliceRequest) -> [PlannedSlice] {
    var cells: [PlannedSlice] = []
    // The first day may have been cut in another zone: then it begins where the ledger says.
    let first = request.ledger.first { $0.key.start <= start && start < $0.key.end }
    var from = first?.key.start ?? request.zone.startOfDay(request.zone.date(at: start))
    for row in request.ledger where row.key.end > from && row.key.start < end {
      cells += days(from: from, to: min(row.key.start, end), request)
      cells.append(cell(row.key.start, row.key.end, zone: row.zone ?? request.zone.name, request))
      from = row.key.end
    }
    // The last day may reach over the end: a day is asked whole.
    return cells + days(from: from, to: request.zone.endOfDay(at: end - 1), request)
  }

  private static func days(from start: Int64, to end: Int64, _ request: SliceRequest) -> [PlannedSlice] {
    var cells: [PlannedSlice] = []
    var from = start
    while from < end {
      let to = min(request.zone.endOfDay(at: from), end)
      cells.append(cell(from, to, zone: request.zone.name, request))
      from = to
    }
    return cells
  }

  private static func cell(_ start: Int64, _ end: Int64, zone: String, _ request: SliceRequest) -> PlannedSlice {
    PlannedSlice(start: start, end: end, zone: zone, isProvisional: end > request.latestSync - request.rereadSeconds)
  }

  /// What of a cell is to be asked: nothing, the cell, or what failed slices leave of it.
  private static func pieces(
    of cell: PlannedSlice, known rows: ArraySlice<LedgerSlice>, _ request: SliceRequest
  ) -> [PlannedSlice] {
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
    var piece = Self.cell(start, end, zone: cell.zone, request)
    piece.isProvisional = piece.isProvisional || cell.isProvisional
    return piece
  }

  /// Every second of the slice is in a row that need not be asked again.
  private static func covers(_ rows: ArraySlice<LedgerSlice>, _ slice: PlannedSlice, _ request: SliceRequest) -> Bool {
    var covered = slice.start
    for row in rows where row.key.start <= covered && isSettled(row, request) { covered = max(covered, row.key.end) }
    return covered >= slice.end
  }

  private static func isSettled(_ row: LedgerSlice, _ request: SliceRequest) -> Bool {
    switch row.state {
    case .written: !request.isUnblocked(row)
    // The latest sync has not moved since it was asked: the provider can have nothing new.
    case .provisional: row.latestSync == request.latestSync && !request.isUnblocked(row)
    case .deferred, .failed: false
    }
  }
}
