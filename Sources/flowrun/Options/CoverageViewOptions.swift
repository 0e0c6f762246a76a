import ArgumentParser
import FlowCore
import FlowRuntime

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
