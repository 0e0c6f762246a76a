import FlowCore
import FlowErrors
import FlowProcessors
import StudyModel
import StudyParticipants

/// Which entries of the error folder go back in, and where: chosen and judged before anything starts. Nothing that stands in an entry is
/// an index: names are looked up in the flow as it is now.
package struct ReplayPlan: Sendable {
  /// With what content a FlowFile goes back in.
  package enum Material: Sendable, Equatable {
    /// As it failed.
    case content
    /// The response that the content was made from.
    case response
    /// None: the provider is asked again.
    case nothing
  }

  package struct Reentry: Sendable {
    package var entry: StoredEntry
    /// Index of the processor that takes it.
    package var processor: Int
    /// Indices of the processors that it has left before.
    package var way: [Int]
    package var material: Material
    /// Attributes that the processors from there on write: not there yet.
    package var unset: Set<String> = []
  }

  /// Back in in the middle of the flow.
  package var returning: [Reentry] = []
  /// Back to a source: the participant is read again.
  package var rereading: [StoredEntry] = []
  /// Their slice was written meanwhile: cleared, not repeated.
  package var settled: [StoredEntry] = []
  package var refused: [(entry: StoredEntry, reason: ReplayRefusal)] = []

  /// What a run's verdict must not call everything written: entries that nobody took; of those, a person has to see to the first kind.
  package var leavesForPerson: Bool { refused.contains { !$0.reason.isLater } }
  package var leavesForLater: Bool { refused.contains { $0.reason.isLater } }

  package var triggersSources: Bool { !rereading.isEmpty }
  /// The participants that a source is to read again.
  package var selection: ParticipantSelection { ParticipantSelection(patterns: rereading.compactMap(\.participant)) }
  /// No entry goes back in and none is cleared.
  package var isEmpty: Bool { returning.isEmpty && rereading.isEmpty && settled.isEmpty }

  /// Judges entries against the flow as it is now.
  /// - Parameters:
  ///   - settled: paths of the entries whose slice has been answered since.
  ///   - from: the processor at which all are to go back in; nil: each where `ReentryRule` says.
  package init(_ entries: [StoredEntry], settled: Set<String> = [], graph: FlowGraph, allowsFlowChange: Bool, from: String? = nil) {
    let rule = ReentryRule(graph, allowsFlowChange: allowsFlowChange, from: from)
    for entry in entries {
      if settled.contains(entry.path) {
        self.settled.append(entry)
        continue
      }
      switch rule.place(entry) {
      case .success(.source): rereading.append(entry)
      case .success(.reentry(let reentry)): returning.append(reentry)
      case .failure(let reason): refused.append((entry, reason))
      }
    }
    // A participant that is read again from the start must not also be in the middle of the flow.
    let reread = Set(rereading.compactMap(\.participant))
    for reentry in returning where reentry.entry.participant.map(reread.contains) == true { refused.append((reentry.entry, .readAgainFirst)) }
    returning.removeAll { $0.entry.participant.map(reread.contains) == true }
  }

  /// Refusals by their reason, the most frequent first.
  package var refusals: [(reason: ReplayRefusal, count: Int)] {
    Dictionary(grouping: refused, by: \.reason).map { (reason: $0.key, count: $0.value.count) }
      .sorted { ($1.count, $0.reason.words) < ($0.count, $1.reason.words) }
  }
}

/// Why an entry is not taken.
package enum ReplayRefusal: Error, Hashable, Sendable {
  case processorGone(String)
  case flowChanged
  case notOnWay(String)
  case noResponse
  case readAgainFirst

  /// Another replay will take it.
  package var isLater: Bool { self == .readAgainFirst }

  package var words: String {
    switch self {
    case .processorGone(let name): "the flow has no processor '\(name)' any more; expected its name as it was"
    case .flowChanged: "the flow file was edited since; --allow-flow-change takes them all the same"
    case .notOnWay(let name): "'\(name)' is not on their way; --from takes a processor that they have passed"
    case .noResponse: "no response was kept with them; --from with the processor that asks the provider has it asked again"
    case .readAgainFirst: "their participant is read again first; replay once more afterwards"
    }
  }
}
