import FlowCore
import FlowEngine
import FlowProcessors
import FlowServices

/// Which entries of the error folder go back in, and how: chosen and judged before anything starts.
struct ReplayPlan: Sendable {
  /// Back in at the processor that failed.
  var returning: [StoredEntry] = []
  /// Entries of a source: its participant is read again.
  var rereading: [StoredEntry] = []
  /// Their slice was written meanwhile: cleared, not repeated.
  var settled: [StoredEntry] = []
  /// Not taken, and why; `isLater`: another replay will take it.
  var refused: [(entry: StoredEntry, reason: String, isLater: Bool)] = []

  /// What a run's verdict must not call everything written: entries that nobody took; of those, a person has to see to the first kind.
  var leavesForPerson: Bool { refused.contains { !$0.isLater } }
  var leavesForLater: Bool { refused.contains { $0.isLater } }

  var triggersSources: Bool { !rereading.isEmpty }
  /// The participants that a source is to read again.
  var selection: ParticipantSelection { ParticipantSelection(patterns: rereading.compactMap(\.participant)) }
  var isEmpty: Bool { returning.isEmpty && rereading.isEmpty }

  /// Judges entries against the flow as it is now.
  init(_ entries: [StoredEntry], graph: FlowGraph, allowsFlowChange: Bool) {
    for entry in entries {
      guard let index = graph.index(of: entry.document.processor) else {
        refused.append((entry, "the flow has no processor '\(entry.document.processor)' any more", false))
        continue
      }
      if entry.document.flowSHA256 != graph.sha256 && !allowsFlowChange {
        refused.append((entry, "the flow file was edited since; --allow-flow-change takes it all the same", false))
      } else if graph.processors[index].descriptor.input == .forbidden {
        rereading.append(entry)
      } else {
        returning.append(entry)
      }
    }
    // A participant that is read again from the start must not also be in the middle of the flow.
    let reread = Set(rereading.compactMap(\.participant))
    for entry in returning where entry.participant.map(reread.contains) == true {
      refused.append((entry, "its participant is read again first; replay once more afterwards", true))
    }
    returning.removeAll { $0.participant.map(reread.contains) == true }
  }

  /// Sets aside what the ledger shows as written since.
  mutating func setAsideSettled(_ databases: [SQLiteDatabase]) async throws {
    var left: [StoredEntry] = []
    for entry in returning {
      if try await entry.isAnswered(in: databases) { settled.append(entry) } else { left.append(entry) }
    }
    returning = left
  }
}

/// Puts a plan's entries into a flow: takes each participant once, and lets go of it when its last entry has ended.
struct ReplayInjection: Sendable {
  let folder: ErrorFolder
  let environment: RuntimeEnvironment
  let provider: (any ProviderService)?
  let store: (any RecordStore)?

  /// The FlowFiles to put in. Participants held by another run are left out, and deferred.
  func flowFiles(_ plan: ReplayPlan, graph: FlowGraph) async throws -> [InjectedFlowFile] {
    var injected: [InjectedFlowFile] = []
    let grouped = Dictionary(grouping: plan.returning) { $0.participant ?? "" }
    for (participant, entries) in grouped.sorted(by: { $0.key < $1.key }) {
      let gathering = Gathering(count: entries.count)
      guard try await take(participant) else { continue }
      for entry in entries { injected.append(try await flowFile(entry, participant, gathering, graph)) }
    }
    return injected
  }

  private func take(_ participant: String) async throws -> Bool {
    guard let provider, !participant.isEmpty else { return true }
    environment.participants.record(participant, .deferred)
    do {
      switch try await provider.take(participant) {
      case .taken: return true
      case .heldByAnotherRun:
        environment.log("held by another run, left to it", ["participant": participant])
      case .skipped(let reason):
        environment.participants.record(participant, .skipped)
        environment.log("skipped", ["participant": participant, "reason": reason])
      }
    } catch let error as ProcessorError {
      environment.participants.record(participant, error.failure.cause.isRetryable ? .deferred : .failed)
      environment.log("not replayed", ["participant": participant, "reason": error.description])
    }
    return false
  }

  private func flowFile(
    _ entry: StoredEntry, _ participant: String, _ gathering: Gathering, _ graph: FlowGraph
  ) async throws -> InjectedFlowFile {
    let loaded = try await folder.load(entry)
    guard let index = graph.index(of: entry.document.processor), let id = FlowFileID(text: entry.document.uuid) else {
      throw StopRun(.failed, .internal, "\(entry.path): the entry names no FlowFile of this flow")
    }
    let completion = provider.flatMap { provider in
      store.map {
        ParticipantCompletion(
          participant: participant, provider: provider, store: $0, backfill: nil, register: environment.participants)
      }
    }
    return InjectedFlowFile(
      id: id, attributes: loaded.flowFile.attributes, content: loaded.flowFile.content,
      ancestors: loaded.flowFile.ancestors, processor: index
    ) { [folder] outcome in
      // What it carried is committed when its lineage has ended well: only then does the entry go.
      if outcome.failures.isEmpty && outcome.deferred == 0 && outcome.abandoned == 0 { try await folder.remove(entry) }
      if let whole = gathering.end(outcome), !participant.isEmpty { try await completion?.finish(whole) }
    }
  }
}

/// Adds up the outcomes of a participant's replayed FlowFiles until the last one has ended.
private final class Gathering: Sendable {
  private let state: Locked<(left: Int, sum: LineageOutcome)>

  init(count: Int) { state = Locked((left: count, sum: LineageOutcome())) }

  func end(_ outcome: LineageOutcome) -> LineageOutcome? {
    state.withLock { state in
      state.left -= 1
      state.sum = state.sum + outcome
      return state.left == 0 ? state.sum : nil
    }
  }
}
