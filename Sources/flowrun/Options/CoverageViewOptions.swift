import ArgumentParser
import FlowCore
import FlowRuntime

/// The options of `flowrun coverage` that select days.
struct CoverageViewOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only from this day on, in the participant's zone.", valueName: "date")) var from: DateArgument?
  @Option(help: ArgumentHelp("Only before this day, in the participant's zone.", valueName: "date")) var until: DateArgument?
  @Option(help: ArgumentHelp("Only the last n days including today.", valueName: "n")) var days: Int?

  func validate() throws {
    if let days, !(1...36_600).contains(days) { throw ValidationError("--days \(days): expected at least 1 day") }
    if days != nil, from != nil { throw ValidationError("--days and --from both define the start; give only one of them") }
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
