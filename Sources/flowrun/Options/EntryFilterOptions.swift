import ArgumentParser
import FlowRuntime

/// The options that say which entries of the error folder a command is for.
struct EntryFilterOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only participants whose name matches, such as 'P00*'.", valueName: "glob")) var participant: [String] = []
  @Option(help: ArgumentHelp("Only entries of this run; a prefix that only it has is enough.", valueName: "run")) var run: String?
  @Option(help: ArgumentHelp("Only entries that are not older than this.", valueName: "duration")) var since: String?

  /// Throws a usage error for a duration that is none.
  func filter() throws -> EntryFilter {
    EntryFilter(participants: participant, run: run, since: try since.map { try DurationArgument.parse($0, of: "--since") })
  }
}
