import FlowCore
import StudyModel

/// The slices to request, oldest first, generated lazily: a long history costs nothing in advance.
package struct SliceSequence: Sequence, IteratorProtocol, Sendable {
  private let request: SliceRequest
  private var cells: CellSequence
  /// Slices that begin earlier are skipped.
  private let place: Int64
  /// Index of the first ledger row that may overlap the next cell.
  private var firstRow = 0
  /// Parts of the current cell to request, in reverse order.
  private var pieces: [PlannedSlice] = []

  /// - Parameter place: the start of a slice of this request; earlier slices are skipped. nil for all.
  package init(_ request: SliceRequest, from place: Int64? = nil) {
    self.request = request
    self.place = place ?? .min
    let start = request.enrolled.flooredDivision(by: 60) * 60
    let end = request.latestSync.flooredDivision(by: 60) * 60
    cells = CellSequence(from: start, to: end, request, resumedAt: place)
  }

  package mutating func next() -> PlannedSlice? {
    while true {
      if let piece = pieces.popLast() {
        guard piece.start < place else { return piece }
        continue
      }
      guard let cell = cells.next() else { return nil }
      while firstRow < request.ledger.count, request.ledger[firstRow].key.end <= cell.start { firstRow += 1 }
      let rows = request.ledger[firstRow...].prefix { $0.key.start < cell.end }
      pieces = SlicePlanner.pieces(of: cell, known: rows, request).reversed()
      if pieces.isEmpty, request.isNamed == nil, let last = rows.last, last.state == .written, SlicePlanner.isSettled(last, in: cell, request) {
        cells.skip(to: last.key.end)
      }
    }
  }
}

/// Canonical slices that cover a time range, regardless of the ledger's states.
struct CellSequence: Sequence, IteratorProtocol, Sendable {
  private let request: SliceRequest
  private let end: Int64
  /// Start of the next cell.
  private var from: Int64
  private var row = 0

  /// - Parameter place: the start of a cell within the range; cells before its day are skipped.
  init(from start: Int64, to end: Int64, _ request: SliceRequest, resumedAt place: Int64? = nil) {
    self.request = request
    self.end = end
    guard start < end else {
      from = end
      return
    }
    let wanted = Swift.max(start, place ?? start)
    switch request.step {
    case .clock: from = Swift.max(start, request.zone.startOfDay(request.zone.date(at: wanted)))
    case .civilDay:
      // The first day may have been cut in another zone; it then begins where the ledger says.
      let known = request.ledger.first { $0.key.start <= wanted && wanted < $0.key.end }
      from = known?.key.start ?? (place.map { $0 > start } == true ? wanted : request.zone.startOfDay(request.zone.date(at: wanted)))
    }
  }

  /// Leaves out cells that end at an instant or before, so that years that are done cost nothing.
  mutating func skip(to instant: Int64) {
    guard case .clock = request.step, instant > from else { return }
    from = Swift.max(from, Swift.min(end, request.zone.startOfDay(request.zone.date(at: instant))))
  }

  mutating func next() -> PlannedSlice? {
    switch request.step {
    case .clock(let step): nextOfClock(step)
    case .civilDay: nextDay()
    }
  }

  private mutating func nextOfClock(_ step: Int64) -> PlannedSlice? {
    guard from < end else { return nil }
    let date = request.zone.date(at: from)
    let midnight = request.zone.startOfDay(date)
    let nextMidnight = request.zone.startOfDay(date.advanced(byDays: 1))
    // Steps count from the start of the day, so that a slice always has the same bounds.
    let nextStep = midnight + ((from - midnight) / step + 1) * step
    return take(to: Swift.min(nextStep, nextMidnight, end), zone: request.zone.name)
  }

  /// Days in the ledger keep their bounds and zone; the time between and after them is divided into the current zone's
  /// days.
  private mutating func nextDay() -> PlannedSlice? {
    guard from < end else { return nil }
    while row < request.ledger.count, request.ledger[row].key.end <= from { row += 1 }
    guard row < request.ledger.count, request.ledger[row].key.start < end else {
      // The last day may extend past the end: days are requested whole.
      return take(to: request.zone.endOfDay(at: from), zone: request.zone.name)
    }
    let known = request.ledger[row]
    if from < known.key.start { return take(to: Swift.min(request.zone.endOfDay(at: from), known.key.start), zone: request.zone.name) }
    from = known.key.start
    return take(to: known.key.end, zone: known.zone ?? request.zone.name)
  }

  private mutating func take(to end: Int64, zone: String) -> PlannedSlice {
    defer { from = end }
    return request.cell(from, end, zone: zone)
  }
}
