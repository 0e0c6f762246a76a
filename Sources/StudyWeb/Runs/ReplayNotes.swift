import FlowCore
import FlowErrors
import FlowRuntime
import StudyModel

/// What a replay does, or would do, in lines.
struct ReplayNotes {
  let plan: ReplayPlan
  let graph: FlowGraph
  let damaged: [String]
  /// Entries of another database or provider.
  let foreignCount: Int

  /// With `isDryRun`, a line for each entry that would be replayed or removed comes first.
  func lines(isDryRun: Bool) -> [String] {
    let planned = plan.returning.map { line($0.entry, action(of: $0)) } + plan.rereading.map { line($0, "would read the participant again") }
    let settled = plan.settled.map { line($0, "would be removed: its data have been written since") }
    return (isDryRun ? planned + settled : [])
      + plan.refusals.map { "not replayed: \(entries($0.count)): \($0.reason.words)" }
      + (foreignCount > 0 ? ["left alone: \(entries(foreignCount)) of another database or provider"] : [])
      + damaged.map { "cannot be read: \($0)" }
  }

  private func entries(_ count: Int) -> String { count == 1 ? "1 entry" : "\(count) entries" }

  private func line(_ entry: StoredEntry, _ action: String) -> String {
    let subject = [entry.participant, entry.dataType, entry.document.attributes[AttributeName.sliceStart]].compactMap { $0 }
    return (subject.isEmpty ? [entry.document.uuid] : subject).joined(separator: " ") + ": \(entry.cause.rawValue): \(action)"
  }

  private func action(of reentry: ReplayPlan.Reentry) -> String {
    let place = "would go back to '\(graph.processors[reentry.processor].name)'"
    return switch reentry.material {
    case .content: place
    case .response: place + " with the stored response"
    case .nothing: place + ", which asks the provider again"
    }
  }
}
