import FlowCore
import StudyModel

/// The half-open window `[from, until)` of a backfill, in civil dates. A slice belongs to it by the date of its start
/// in its own zone: the UTC date for intraday slices, the participant's local date for daily ones.
package struct BackfillWindow: Sendable, Equatable {
  package var from: CivilDate?
  package var until: CivilDate?

  /// nil without any bound: not a backfill.
  package init?(from: CivilDate?, until: CivilDate?) {
    guard from != nil || until != nil else { return nil }
    self.from = from
    self.until = until
  }

  /// Whether the window contains no date.
  var isEmpty: Bool {
    guard let from, let until else { return false }
    return from >= until
  }

  /// - Parameter start: the start of the slice, seconds since 1970.
  package func contains(sliceFrom start: Int64, in zone: CivilZone) -> Bool {
    let date = zone.date(at: start)
    return (from.map { $0 <= date } ?? true) && (until.map { date < $0 } ?? true)
  }

  /// Seconds since 1970 in which every slice of the window lies, whatever its zone: those that begin on its dates, with a day to spare.
  var reach: Range<Int64> {
    let margin: Int64 = 2 * 86_400
    let start = from.map { CivilZone.utc.startOfDay($0) - margin } ?? .min
    let end = until.map { CivilZone.utc.startOfDay($0) + margin } ?? .max
    return start..<max(start, end)
  }

  func contains(_ slice: PlannedSlice) -> Bool { contains(sliceFrom: slice.start, in: CivilZone(slice.zone) ?? .utc) }

  func contains(_ row: LedgerSlice) -> Bool { contains(sliceFrom: row.key.start, in: row.zone.flatMap { CivilZone($0) } ?? .utc) }
}
