import FlowCore
import StudyModel
import StudyParticipants
import StudyProcessors

/// Selects answered or failed slices and marks them to be requested again by the next run.
package struct Recollection: Sendable {
  package let graph: FlowGraph
  /// Empty for all data types of the flow.
  package let dataTypes: [String]
  package let selection: ParticipantSelection
  package let window: BackfillWindow?
  /// Only slices written by another version of the flow.
  package let flowChanged: Bool
  private let machine: Machine
  private let environment: RuntimeEnvironment

  package init(
    graph: FlowGraph,
    dataTypes: [String],
    selection: ParticipantSelection,
    window: BackfillWindow?,
    flowChanged: Bool,
    on machine: Machine
  ) {
    self.graph = graph
    self.dataTypes = dataTypes
    self.selection = selection
    self.window = window
    self.flowChanged = flowChanged
    self.machine = machine
    environment = machine.toolEnvironment
  }

  /// The marked slices of one participant and data type.
  package struct Marked: Encodable, Sendable {
    package var participant: String
    package var dataType: String
    package var slices: Int
    /// RFC 3339: start of the first slice and end of the last.
    package var from: String
    package var until: String
    package enum CodingKeys: String, CodingKey {
      case participant, slices, from, until
      case dataType = "data_type"
    }
  }

  /// Throws `Diagnostics` for unknown names. `run` is the command that creates a first database.
  package func run(dryRun: Bool, run: String) async throws -> [Marked] {
    let types = try CoveredDataType.all(of: graph)
    try check(types)
    let stores = try stores(types)
    var found: [(store: any RecordStore, slices: [LedgerSlice])] = []
    var known: Set<String> = []
    for (service, store) in stores {
      let wanted = Set(types.filter { service == $0.ledger }.map(\.name))
      if !dryRun { try await store.bringUpToDate(environment) }
      guard let look = try await store.reading({ try await slices(in: $0, wanted) }) else { continue }
      known.formUnion(look.participants)
      found.append((store, look.slices))
    }
    if found.isEmpty { throw Diagnostics([noDatabase(stores.map(\.store.location), run)]) }
    try selection.check(among: known.sorted(), option: "--participant", place: "the database")
    if !dryRun {
      for (store, slices) in found where !slices.isEmpty { _ = try await store.opened { try await $0.recollect(slices.map(\.key)) } }
    }
    return summaries(found.flatMap(\.slices))
  }

  /// Throws `Diagnostics` if there is no database yet, and `StopRun`. Brings one of an earlier version up to date.
  /// - Parameter run: the command that creates a first database.
  package func checkDatabase(run: String) async throws {
    let stores = try stores(CoveredDataType.all(of: graph)).map(\.store)
    for store in stores {
      try await store.bringUpToDate(environment)
      if try await store.reading({ _ in true }) != nil { return }
    }
    throw Diagnostics([noDatabase(stores.map(\.location), run)])
  }

  private func check(_ types: [CoveredDataType]) throws {
    let names = types.map(\.name)
    let problems = dataTypes.filter { !names.contains($0) }.map { name in
      Diagnostic(
        .unknownName, subject: "--data-type '\(name)'", found: "the flow collects no such data type", expected: "one of its \(names.count) data types",
        hint: NearestName.hint(for: name, among: names))
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
  }

  private func noDatabase(_ paths: [String], _ run: String) -> Diagnostic {
    Diagnostic(
      .unknownName, subject: "database '\(paths.joined(separator: "', '"))'", found: "no run has collected anything into it", expected: "the database of an earlier run",
      hint: "run the flow first: \(run)")
  }

  private func stores(_ types: [CoveredDataType]) throws -> [(service: String, store: any RecordStore)] {
    let services = try ServiceDirectory(Simulation.addressed(graph), environment, faultPoint: machine.faultPoint)
    return Set(types.map(\.ledger)).sorted().compactMap { name in services.store(name).map { (name, $0) } }
  }

  private func slices(
    in reader: any RecordReader, _ types: Set<String>
  ) async throws -> (participants: [String], slices: [LedgerSlice]) {
    let participants = try await reader.participants()
    var slices: [LedgerSlice] = []
    for participant in participants where selection.includes(participant) {
      slices += try await reader.ledger(of: participant).filter { types.contains($0.key.dataType) && isMeant($0) }
    }
    return (participants, slices)
  }

  private func isMeant(_ row: LedgerSlice) -> Bool {
    guard dataTypes.isEmpty || dataTypes.contains(row.key.dataType) else { return false }
    if let window, !window.contains(sliceFrom: row.key.start, in: row.zone.flatMap { CivilZone($0) } ?? .utc) { return false }
    switch row.state {
    case .written, .provisional: return !flowChanged || row.flowSHA256 != graph.sha256
    // These are requested again automatically once the consent covers them, or after an edit of the flow.
    case .failed: return !flowChanged && row.cause != .scope && row.cause != .needsConsent
    case .deferred: return false
    }
  }

  private func summaries(_ slices: [LedgerSlice]) -> [Marked] {
    Dictionary(grouping: slices) { [$0.key.participant, $0.key.dataType] }.values.compactMap { slices in
      guard let first = slices.min(by: { $0.key.start < $1.key.start }), let last = slices.max(by: { $0.key.end < $1.key.end }) else { return nil }
      return Marked(
        participant: first.key.participant, dataType: first.key.dataType, slices: slices.count,
        from: Instant(seconds: first.key.start).text, until: Instant(seconds: last.key.end).text)
    }.sorted { ($0.participant, $0.dataType) < ($1.participant, $1.dataType) }
  }
}

extension RecordStore {
  /// Migrates a store of an earlier version as a run would, so that it can be read. Does not create a missing store.
  func bringUpToDate(_ environment: RuntimeEnvironment) async throws {
    if let localPath {
      guard try environment.fileSystem.status(localPath) != nil else { return }
    } else {
      guard try await reading({ _ in true }) != nil else { return }
    }
    try await opened { _ in }
  }
}
