import ArgumentParser
import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants

/// Which entries of the error folder a command is for.
struct EntryFilter: ParsableArguments {
  @Option(help: ArgumentHelp("Only participants whose name matches, such as 'P00*'.", valueName: "glob")) var participant: [String] = []
  @Option(help: ArgumentHelp("Only entries of this run; a prefix that only it has is enough.", valueName: "run")) var run: String?
  @Option(help: ArgumentHelp("Only entries that are not older than this.", valueName: "duration")) var since: String?

  /// Throws `Diagnostics` for patterns that match nobody and for a run without entries, and a usage error for a duration that is none.
  func chosen(_ entries: [StoredEntry], now: Instant, folder: String) throws -> [StoredEntry] {
    let selection = participant.isEmpty ? ParticipantSelection.all : ParticipantSelection(patterns: participant)
    if !entries.isEmpty {
      try selection.check(among: Set(entries.compactMap(\.participant)).sorted(), option: "--participant", place: "the entries of \(folder)")
    }
    if let run, !entries.isEmpty, !entries.contains(where: { $0.document.run.hasPrefix(run) }) {
      let runs = Set(entries.map(\.document.run)).sorted()
      throw Diagnostics([
        Diagnostic(
          .unknownName, subject: "--run '\(run)'", found: "no entry of \(folder) is of this run", expected: "one of its \(runs.count) runs, the newest \(runs.last ?? "")",
          hint: NearestName.hint(for: run, among: runs))
      ])
    }
    let oldest = try since.map { now - (try DurationArgument.parse($0, of: "--since")) }
    return entries.filter { entry in
      (participant.isEmpty || selection.includes(entry.participant ?? ""))
        && run.map { entry.document.run.hasPrefix($0) } ?? true
        && oldest.map { entry.time >= $0 } ?? true
    }
  }
}
