import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants

/// Selects error entries.
package struct EntryFilter: Sendable, Equatable {
  /// Patterns; empty for all participants.
  package var participants: [String] = []
  /// A run's id or a unique prefix of it.
  package var run: String?
  /// Only entries that are not older than this.
  package var since: Duration?

  package init(participants: [String] = [], run: String? = nil, since: Duration? = nil) {
    self.participants = participants
    self.run = run
    self.since = since
  }

  /// Throws `Diagnostics` for patterns without a match and for a run without entries, unless there are no entries at
  /// all.
  func chosen(_ entries: [StoredEntry], now: Instant, folder: String) throws(Diagnostics) -> [StoredEntry] {
    let selection = participants.isEmpty ? ParticipantSelection.all : ParticipantSelection(patterns: participants)
    if !entries.isEmpty {
      try selection.check(among: Set(entries.compactMap(\.participant)).sorted(), option: "--participant", place: "the entries of \(folder)")
      try checkRun(among: entries, folder: folder)
    }
    let oldest = since.map { now - $0 }
    return entries.filter { entry in
      (participants.isEmpty || selection.includes(entry.participant ?? ""))
        && run.map { entry.document.run.hasPrefix($0) } ?? true
        && oldest.map { entry.time >= $0 } ?? true
    }
  }

  private func checkRun(among entries: [StoredEntry], folder: String) throws(Diagnostics) {
    guard let run, !entries.contains(where: { $0.document.run.hasPrefix(run) }) else { return }
    let runs = Set(entries.map(\.document.run)).sorted()
    throw Diagnostics([
      Diagnostic(
        .unknownName, subject: "--run '\(run)'", found: "no entry of \(folder) is of this run", expected: "one of its \(runs.count) runs, the newest \(runs.last ?? "")",
        hint: NearestName.hint(for: run, among: runs))
    ])
  }
}
