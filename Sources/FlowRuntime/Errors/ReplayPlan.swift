import FlowCore
import FlowErrors
import FlowProcessors
import StudyModel
import StudyParticipants

/// The entries to replay and where they re-enter the flow, decided before anything starts. Entries contain no indices:
/// names are looked up in the current flow.
package struct ReplayPlan: Sendable {
  /// The content with which a FlowFile re-enters.
  package enum Material: Sendable, Equatable {
    /// The content as it failed.
    case content
    /// The response that the content was made from.
    case response
    /// None: the provider is asked again.
    case nothing
  }

  package struct Reentry: Sendable {
    package var entry: StoredEntry
    /// Index of the processor it re-enters at.
    package var processor: Int
    /// Indices of the processors it has already passed.
    package var way: [Int]
    package var material: Material
    /// Attributes to remove, because this and later processors write them.
    package var unset: Set<String> = []
  }

  /// Entries that re-enter in the middle of the flow.
  package var returning: [Reentry] = []
  /// Entries that start again from a source: the participant is read again.
  package var rereading: [StoredEntry] = []
  /// Entries whose slice has been written since: removed without a replay.
  package var settled: [StoredEntry] = []
  package var refused: [(entry: StoredEntry, reason: ReplayRefusal)] = []
  /// The participants whose entries are left to other shards.
  package var leftToOthers: Set<String> = []

  /// Entries were refused that a person must deal with; the run is then not complete.
  package var leavesForPerson: Bool { refused.contains { !$0.reason.isLater } }
  package var leavesForLater: Bool { refused.contains { $0.reason.isLater } }

  package var triggersSources: Bool { !rereading.isEmpty }
  /// The participants that a source reads again.
  package var selection: ParticipantSelection { ParticipantSelection(patterns: rereading.compactMap(\.participant)) }
  /// Whether no entry is replayed or removed.
  package var isEmpty: Bool { returning.isEmpty && rereading.isEmpty && settled.isEmpty }

  /// Evaluates entries against the current flow.
  /// - Parameters:
  ///   - settled: paths of entries whose slice has been answered since.
  ///   - from: the processor at which all entries re-enter; nil to let `ReentryRule` decide.
  package init(_ entries: [StoredEntry], settled: Set<String> = [], graph: FlowGraph, allowsFlowChange: Bool, from: String? = nil) {
    let rule = ReentryRule(graph, allowsFlowChange: allowsFlowChange, from: from)
    for entry in entries {
      if settled.contains(entry.path) {
        self.settled.append(entry)
        continue
      }
      switch rule.place(entry) {
      case .source: rereading.append(entry)
      case .reentry(let reentry): returning.append(reentry)
      case .refused(let reason): refused.append((entry, reason))
      }
    }
    // A participant that starts again must not also have FlowFiles in the middle of the flow.
    let reread = Set(rereading.compactMap(\.participant))
    for reentry in returning where reentry.entry.participant.map(reread.contains) == true { refused.append((reentry.entry, .readAgainFirst)) }
    returning.removeAll { $0.entry.participant.map(reread.contains) == true }
  }

  /// Refusals by reason, most frequent first.
  package var refusals: [(reason: ReplayRefusal, count: Int)] {
    Dictionary(grouping: refused, by: \.reason).map { (reason: $0.key, count: $0.value.count) }
      .sorted { ($1.count, $0.reason.words) < ($0.count, $1.reason.words) }
  }
}

/// Why an entry is not replayed.
package enum ReplayRefusal: Hashable, Sendable {
  case processorGone(String)
  case flowChanged
  case notOnWay(String)
  case noResponse
  case readAgainFirst

  /// Whether a later replay can take the entry.
  package var isLater: Bool { self == .readAgainFirst }

  package var words: String {
    switch self {
    case .processorGone(let name): "the flow has no processor '\(name)' any more; expected the processor that failed"
    case .flowChanged: "the flow file has been edited since; --allow-flow-change replays them anyway"
    case .notOnWay(let name): "'\(name)' is not on their path; --from takes a processor they have passed"
    case .noResponse: "their response was not kept; use --from with the processor that asks the provider"
    case .readAgainFirst: "their participant is read again first; replay them again afterwards"
    }
  }
}
