import FlowCore
import StudyProcessors

/// The days to report, in each participant's zone; all by default.
package struct CoverageView: Sendable {
  package var from: CivilDate?
  /// Exclusive.
  package var until: CivilDate?
  /// The last N days before `until`, or before the end of known data.
  package var days: Int?

  package init(
    from: CivilDate? = nil,
    until: CivilDate? = nil,
    days: Int? = nil
  ) {
    self.from = from
    self.until = until
    self.days = days
  }

  package var isWhole: Bool { from == nil && until == nil && days == nil }

  /// Seconds since 1970; nil for all.
  package func range(in zone: CivilZone, knownUntil: Instant) -> Range<Int64>? {
    guard !isWhole else { return nil }
    let end = until ?? zone.date(at: knownUntil.seconds).advanced(byDays: 1)
    let start = days.map { end.advanced(byDays: -Int64($0)) } ?? from
    let upper = zone.startOfDay(end)
    return min(start.map { zone.startOfDay($0) } ?? .min, upper)..<upper
  }
}
