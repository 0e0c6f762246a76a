import ArgumentParser
import FlowCore
import FlowProcessors

/// Which days coverage looks at, in each participant's own days; by default all.
struct CoverageView: Sendable {
  var from: CivilDate?
  /// Not included.
  var until: CivilDate?
  /// The last days up to `until`, else up to where knowledge ends.
  var days: Int?

  var isWhole: Bool { from == nil && until == nil && days == nil }

  /// Seconds since 1970; nil: everything.
  func range(in zone: ZoneClock, knownUntil: Instant) -> Range<Int64>? {
    guard !isWhole else { return nil }
    let end = until ?? zone.date(at: knownUntil.seconds).advanced(byDays: 1)
    let start = days.map { end.advanced(byDays: -Int64($0)) } ?? from
    let upper = zone.startOfDay(end)
    return min(start.map { zone.startOfDay($0) } ?? .min, upper)..<upper
  }
}

/// The options of `flowrun coverage` that say which days.
struct CoverageViewOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only from this day of the participant's on.", valueName: "date")) var from: DateArgument?
  @Option(help: ArgumentHelp("Only before this day of the participant's.", valueName: "date")) var until: DateArgument?
  @Option(help: ArgumentHelp("Only the last days, today's included.", valueName: "n")) var days: Int?

  func validate() throws {
    if let days, !(1...36_600).contains(days) { throw ValidationError("--days \(days): expected a number of days from 1 on") }
    if days != nil, from != nil { throw ValidationError("--days and --from both say where to begin; give one of them") }
    if let from, let until, from.date >= until.date {
      throw ValidationError("--until \(until.date.text) is not after --from \(from.date.text); --until itself is not included")
    }
  }

  var view: CoverageView { CoverageView(from: from?.date, until: until?.date, days: days) }
}

/// A date on the command line.
struct DateArgument: ExpressibleByArgument, Sendable {
  let date: CivilDate

  init?(argument: String) {
    guard let date = CivilDate(text: argument) else { return nil }
    self.date = date
  }
}
