import FlowBase

/// Ticks of a span of time at round local times of a zone: from minutes to years.
struct TimeAxis: Sendable {
  struct Tick: Sendable, Equatable {
    /// Seconds since 1970.
    var instant: Int64
    /// `14:30`, `03-08`, `2026-03`, `2026`.
    var label: String
  }

  let range: Range<Int64>
  let zone: CivilZone
  private let count: Int

  /// - Parameter count: the most ticks.
  init(_ range: Range<Int64>, zone: CivilZone, count: Int) {
    self.range = range
    self.zone = zone
    self.count = max(count, 2)
  }

  private static let steps: [Int64] = [60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600]
  private static let daySteps: [Int64] = [1, 2, 7, 14]
  private static let monthSteps = [1, 3, 6, 12, 24, 60, 120, 600, 1200]

  func part(of instant: Int64) -> Double { Double(instant - range.lowerBound) / Double(max(range.upperBound - range.lowerBound, 1)) }

  var ticks: [Tick] {
    let seconds = range.upperBound - range.lowerBound
    guard seconds > 0 else { return [] }
    if let step = Self.steps.first(where: { seconds / $0 < Int64(count) }) { return clock(step) }
    if let step = Self.daySteps.first(where: { seconds / 86_400 / $0 < Int64(count) }) { return days(step) }
    let months = Int(seconds / (30 * 86_400))
    return self.months(Self.monthSteps.first { months / $0 < count } ?? 1200)
  }

  /// Local times that are multiples of `step` from midnight. A day that clocks change has one more or less.
  private func clock(_ step: Int64) -> [Tick] {
    var ticks: [Tick] = []
    var date = zone.date(at: range.lowerBound)
    let last = zone.date(at: range.upperBound - 1)
    while date <= last {
      for seconds in stride(from: Int64(0), to: 86_400, by: Int64.Stride(step)) {
        let instant = zone.earliestInstant(local: date.daysSince1970 * 86_400 + seconds)
        guard range.contains(instant), ticks.last.map({ $0.instant < instant }) ?? true else { continue }
        let clock = "\(padded(Int(seconds / 3600), 2)):\(padded(Int(seconds / 60 % 60), 2))"
        ticks.append(Tick(instant: instant, label: seconds == 0 ? String(date.text.dropFirst(5)) : clock))
      }
      date = date.advanced(byDays: 1)
    }
    return ticks
  }

  private func days(_ step: Int64) -> [Tick] {
    // Of whole weeks, Mondays: 1970-01-05 was one.
    let first = zone.date(at: range.lowerBound).daysSince1970
    var day = step % 7 == 0 ? (first - 4).flooredDivision(by: step) * step + 4 : first.flooredDivision(by: step) * step
    var ticks: [Tick] = []
    while true {
      let date = CivilDate(daysSince1970: day), instant = zone.startOfDay(date)
      guard instant < range.upperBound else { return ticks }
      if instant >= range.lowerBound { ticks.append(Tick(instant: instant, label: String(date.text.dropFirst(5)))) }
      day += step
    }
  }

  private func months(_ step: Int) -> [Tick] {
    let first = zone.date(at: range.lowerBound)
    var month = (first.year * 12 + first.month - 1).flooredDivision(by: step) * step
    var ticks: [Tick] = []
    while true {
      let date = CivilDate(year: month.flooredDivision(by: 12), month: month - month.flooredDivision(by: 12) * 12 + 1, day: 1)
      let instant = zone.startOfDay(date)
      guard instant < range.upperBound else { return ticks }
      if instant >= range.lowerBound { ticks.append(Tick(instant: instant, label: String(date.text.prefix(step % 12 == 0 ? 4 : 7)))) }
      month += step
    }
  }
}
