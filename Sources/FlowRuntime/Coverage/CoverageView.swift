import FlowCore
import StudyProcessors

/// Which days coverage looks at, in each participant's own days; by default all.
package struct CoverageView: Sendable {
  package var from: CivilDate?
  /// Not included.
  package var until: CivilDate?
  /// The last days up to `until`, else up to where knowledge ends.
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

  /// Seconds since 1970; nil: everything.
  package func range(in zone: CivilZone, knownUntil: Instant) -> Range<Int64>? {
    guard !isWhole else { return nil }
    let end = until ?? zone.date(at: knownUntil.seconds).advanced(byDays: 1)
    let start = days.map { end.advanced(byDays: -Int64($0)) } ?? from
    let upper = zone.startOfDay(end)
    return min(start.map { zone.startOfDay($0) } ?? .min, upper)..<upper
  }
}
