import ArgumentParser
import FlowCore
import StudyProcessors

/// `--from` and `--until`: which slices, by the dates on which they begin.
struct WindowOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only slices that begin on this date or later in their own zone.", valueName: "date")) var from: String?
  @Option(help: ArgumentHelp("Only slices that begin before this date in their own zone.", valueName: "date")) var until: String?

  /// nil if neither is given. Throws `ValidationError`.
  func window() throws -> BackfillWindow? {
    func date(_ text: String?, _ option: String) throws -> CivilDate? {
      try text.map { text in
        guard let date = CivilDate(text: text) else { throw ValidationError("\(option) is '\(text)'; expected a date such as 2026-01-05") }
        return date
      }
    }
    let from = try date(from, "--from"), until = try date(until, "--until")
    if let from, let until, from >= until {
      throw ValidationError("--until \(until.text) is not after --from \(from.text); expected a half-open window [from, until)")
    }
    return BackfillWindow(from: from, until: until)
  }
}
