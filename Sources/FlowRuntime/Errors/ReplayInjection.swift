import FlowCore
import FlowEngine
import FlowErrors
import StudyModel
import StudyParticipants
import StudyProcessors

/// Injects a plan's entries into a flow. Each participant is leased once and released when its last entry has ended.
struct ReplayInjection: Sendable {
  let folder: ErrorFolder
  let environment: RuntimeEnvironment
  let services: ServiceDirectory
  let graph: FlowGraph

  /// The participant of a group of entries, the provider that leases it (that of the processors they re-enter), and the
  /// store of the source they came from.
  private struct Party: Hashable {
    var participant: String
    var provider: String?
    var store: String?
  }

  /// The FlowFiles to inject. Participants held by another run are omitted and deferred.
  func flowFiles(_ plan: ReplayPlan) async throws -> [InjectedFlowFile] {
    let map = ServiceMap(graph)
    let parties = Dictionary(grouping: plan.returning) { reentry in
      Party(
        participant: reentry.entry.participant ?? "", provider: map.service(.provider, of: reentry.processor),
        store: map.service(.recordStore, of: reentry.way.first ?? reentry.processor))
    }
    var injected: [InjectedFlowFile] = []
    var leftOut: [String: [String]] = [:]
    for (party, reentries) in parties.sorted(by: { $0.value[0].entry.path < $1.value[0].entry.path }) {
      if let reason = try await obstacle(to: party) {
        leftOut[reason, default: []].append(party.participant)
        continue
      }
      let (flowFiles, damage) = try await load(reentries)
      for reason in damage { leftOut[reason, default: []].append(party.participant) }
      if flowFiles.isEmpty, !party.participant.isEmpty {
        try await services.provider(party.provider)?.release(party.participant, previousSync: nil)
      }
      let gathering = Gathering(count: flowFiles.count)
      for (reentry, flowFile) in flowFiles { injected.append(inject(flowFile, reentry, party, gathering)) }
    }
    for (reason, participants) in leftOut.sorted(by: { $0.key < $1.key }) {
      environment.log("not replayed: \(reason): \(participants.sorted().joined(separator: ", "))", [:])
    }
    return injected
  }

  /// Leases the participant; returns the reason if that is impossible.
  private func obstacle(to party: Party) async throws -> String? {
    let participant = party.participant
    guard let provider = services.provider(party.provider), !participant.isEmpty else { return nil }
    environment.participants.expect(participant)
    do {
      switch try await provider.lease(participant) {
      case .leased: return nil
      case .heldByAnotherRun:
        environment.participants.record(participant, .deferred)
        return "held by another run"
      case .leasedElsewhere(let holder, _):
        environment.participants.record(participant, .deferred)
        return "held by \(holder)"
      case .skipped(let reason):
        environment.participants.record(participant, .skipped)
        return reason
      }
    } catch let error as ProcessorError {
      environment.participants.record(participant, error.failure.cause.isRetryable ? .deferred : .failed)
      return error.description
    }
  }

  /// The FlowFiles, and the reasons why others cannot be loaded.
  private func load(_ reentries: [ReplayPlan.Reentry]) async throws -> ([(ReplayPlan.Reentry, FlowFile)], damage: [String]) {
    var flowFiles: [(ReplayPlan.Reentry, FlowFile)] = []
    var damage: [String] = []
    for reentry in reentries {
      do {
        flowFiles.append((reentry, try await folder.load(reentry.entry).flowFile))
      } catch let error as Diagnostic {
        if let participant = reentry.entry.participant { environment.participants.record(participant, .failed) }
        damage.append("\(reentry.entry.path): \(error.message)")
      }
    }
    return (flowFiles, damage)
  }

  private func inject(_ loaded: FlowFile, _ reentry: ReplayPlan.Reentry, _ party: Party, _ gathering: Gathering) -> InjectedFlowFile {
    let entry = reentry.entry
    var attributes = loaded.attributes
    for name in reentry.unset { attributes[name] = nil }
    let completion = completion(of: party)
    return InjectedFlowFile(
      id: loaded.id, attributes: attributes, content: content(of: loaded, reentry.material),
      response: reentry.material == .content ? loaded.response : nil, way: reentry.way, ancestors: loaded.ancestors,
      processor: reentry.processor
    ) { [folder, services] outcome in
      // The entry is removed only when its lineage has ended successfully, that is, after its data is committed. A slice that
      // failed by itself has an entry of its own.
      let hasFailed = outcome.failures.contains { $0.subject == nil }
      if !hasFailed && outcome.deferred == 0 && outcome.abandoned == 0 {
        try await services.synchronizeStores()
        try await folder.remove(entry)
      }
      if let whole = gathering.end(outcome) { try await completion?.finish(whole) }
    }
  }

  private func content(of flowFile: FlowFile, _ material: ReplayPlan.Material) -> Content {
    switch material {
    case .content: flowFile.content
    case .response: flowFile.response.map { .bytes($0) } ?? .empty
    case .nothing: .empty
    }
  }

  private func completion(of party: Party) -> ParticipantCompletion? {
    guard let provider = services.provider(party.provider), let store = services.store(party.store), !party.participant.isEmpty else { return nil }
    return ParticipantCompletion(
      participant: party.participant, leases: provider, store: store, backfill: nil, register: environment.participants)
  }
}

/// Sums the outcomes of a participant's replayed FlowFiles until the last one has ended.
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
