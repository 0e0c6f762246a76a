import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants

/// Selects the entries of a replay and plans it. Makes no requests.
package struct ReplayChoice: Sendable {
  package let graph: FlowGraph
  /// Path of the error folder.
  package let errors: String
  /// Patterns; empty for all participants.
  package let participants: [String]
  package let cause: Cause?
  package let processor: String?
  package let from: String?
  package let allowsFlowChange: Bool
  /// nil for the participants of all shards.
  package let shard: ParticipantShard?
  private let machine: Machine
  private let environment: RuntimeEnvironment

  package init(
    graph: FlowGraph,
    errors: String,
    participants: [String],
    cause: Cause?,
    processor: String?,
    from: String?,
    allowsFlowChange: Bool,
    shard: ParticipantShard? = nil,
    on machine: Machine
  ) {
    self.graph = graph
    self.errors = errors
    self.participants = participants
    self.cause = cause
    self.processor = processor
    self.from = from
    self.allowsFlowChange = allowsFlowChange
    self.shard = shard
    self.machine = machine
    environment = machine.toolEnvironment
  }

  /// The plan, the number of the flow's own entries, the unreadable entries, and the number of entries that belong to
  /// others. Throws `Diagnostics` for unknown names.
  package func plan(dryRun: Bool) async throws -> (plan: ReplayPlan, own: Int, damaged: [DamagedEntry], foreign: Int) {
    let folder = ErrorFolder(folder: errors, fileSystem: environment.fileSystem, lane: environment.lane("error folder"))
    let listing = try await folder.entries(flow: graph.name)
    if !dryRun { try await bringUpToDate() }
    let ownership = try await EntryOwnership.read(graph, environment)
    let own = try await ownership.owned(listing.entries)
    try await check(own)
    let meant = own.filter(isChosen)
    let chosen = meant.filter { !isLeftToOthers($0) }
    let settled = try await ownership.settled(chosen, environment)
    var plan = ReplayPlan(chosen, settled: settled, graph: graph, allowsFlowChange: allowsFlowChange, from: from)
    plan.leftToOthers = Set(meant.filter(isLeftToOthers).compactMap(\.participant))
    return (plan, own.count, listing.damaged, listing.entries.count - own.count)
  }

  private func isChosen(_ entry: StoredEntry) -> Bool {
    (cause == nil || entry.cause == cause) && (processor == nil || entry.document.processor == processor)
      && (participants.isEmpty || ParticipantSelection(patterns: participants).includes(entry.participant ?? ""))
  }

  private func isLeftToOthers(_ entry: StoredEntry) -> Bool {
    guard let participant = entry.participant else { return false }
    return ParticipantSelection(shard: shard).isLeftToOthers(participant)
  }

  private func check(_ entries: [StoredEntry]) async throws {
    let names = graph.processors.map(\.name)
    try check(from, option: "--from", among: names)
    try check(processor, option: "--processor", among: names + Set(entries.map(\.document.processor)).subtracting(names).sorted())
    guard !participants.isEmpty else { return }
    var known = Set(entries.compactMap(\.participant))
    if graph.services.contains(where: \.isProvider) {
      known.formUnion(try await ParticipantBatch(graph, on: machine).store.list().map(\.name))
    }
    try ParticipantSelection(patterns: participants).check(among: known.sorted(), option: "--participant", place: "the batch")
  }

  private func check(_ name: String?, option: String, among names: [String]) throws {
    guard let name, !names.contains(name) else { return }
    throw Diagnostics([
      Diagnostic(
        .unknownName, subject: "\(option) '\(name)'", found: "the flow has no such processor", expected: "the name of one of its \(names.count) processors",
        hint: NearestName.hint(for: name, among: names))
    ])
  }

  /// Migrates a database of an earlier version as a run would, so that it can be read.
  private func bringUpToDate() async throws {
    let services = try ServiceDirectory(Simulation.addressed(graph), environment, faultPoint: machine.faultPoint)
    for store in services.stores { try await store.bringUpToDate(environment) }
  }
}
