import ArgumentParser
import FlowRuntime

/// Options that select error entries.
struct EntryFilterOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only participants whose name matches, such as 'P00*'.", valueName: "glob")) var participant: [String] = []
  @Option(help: ArgumentHelp("Only entries of this run, given by its id or a unique prefix.", valueName: "run")) var run: String?
  @Option(help: ArgumentHelp("Only entries that are no older than this.", valueName: "duration")) var since: String?

  /// Throws a usage error for a malformed duration.
  func filter() throws -> EntryFilter {
    EntryFilter(participants: participant, run: run, since: try since.map { try DurationArgument.parse($0, of: "--since") })
  }
}
