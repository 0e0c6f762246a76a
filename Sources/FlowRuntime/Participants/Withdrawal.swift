import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants
import StudyRaw

/// Withdraws participants. The file records the withdrawal durably first, so that no run collects the participant
/// again; then the data is erased if requested. An interrupted command can be repeated.
package struct Withdrawal: Sendable {
  /// The data that was removed.
  package struct Report: Encodable, Sendable, Equatable {
    package enum Data: String, Encodable, Sendable { case kept, erased }

    package var participant: String
    package var data: Data
    /// Number of erased rows by table; nil if nothing was to be erased.
    package var rows: [String: Int]?
    package var slices: Int?
    package var errors: Int?
    /// Number of erased objects of the raw storage; nil if the flow keeps no responses.
    package var objects: Int?
  }

  /// Progress to report to the user.
  package enum Notice: Sendable, Equatable {
    case withdrawn(Report)
    case heldByAnotherRun(String)
    /// An entry of the error folder is unreadable and may belong to the participant.
    case unreadable(DamagedEntry, whileErasing: String)
    /// The copy of a damaged participant file was removed.
    case removedDamagedCopy(of: String)
    /// Rows of the participant were copied to these places, which are not erased.
    case copiesRemain(of: String, in: [String])
  }

  private let batch: ParticipantBatch
  private let erasesFrom: String?
  /// The state folder, for the index of the error folder; nil if there is none.
  private let state: String?
  private let tell: @Sendable (Notice) -> Void

  /// - Parameters:
  ///   - erasesFrom: the error folder if rows, ledger and error entries are to be erased; nil to keep collected data.
  ///   - state: the state folder, with the index of the error folder and the spool of raw responses; nil if there is none.
  ///   - tell: called for each participant as soon as it is withdrawn, because a later one may fail.
  package init(_ batch: ParticipantBatch, erasesFrom errors: String?, state: String? = nil, tell: @escaping @Sendable (Notice) -> Void = { _ in }) {
    self.batch = batch
    erasesFrom = errors
    self.state = state
    self.tell = tell
    if let state { batch.environment.shared.put(RunStateFolder(path: state)) }
  }

  /// Throws `Diagnostics` for unknown names before anyone is withdrawn, `ProcessorError` for an unreadable file,
  /// `FileSystemError`, and `StopRun`.
  package func run(_ participants: [String]) async throws -> ParticipantOutcomes<Report> {
    let problems = try await batch.unknown(participants)
    guard problems.isEmpty else { throw Diagnostics(problems) }
    return try await batch.services.whileLeasing {
      var outcomes = ParticipantOutcomes<Report>()
      for participant in participants {
        let result = try await withdraw(participant)
        switch result {
        case .done(let report): tell(.withdrawn(report))
        case .heldByAnotherRun: tell(.heldByAnotherRun(participant))
        }
        outcomes.add(participant, result)
      }
      return outcomes
    }
  }

  private func withdraw(_ participant: String) async throws -> ParticipantStore.Upkeep<Report> {
    guard try await batch.store.reserve(participant) else { return .heldByAnotherRun }
    return try await withClosing {
      try await mark(participant)
      guard let erasesFrom else { return .done(Report(participant: participant, data: .kept)) }
      return .done(try await erase(participant, errors: erasesFrom))
    } close: {
      try await batch.store.endReservation(participant)
    }
  }

  private func mark(_ participant: String) async throws {
    let erasesData = erasesFrom != nil
    _ = try await batch.store.change(participant) { file in
      file.collection = .withdrawn
      if erasesData { file.sync = SyncRecord() }
    }
    // Whoever takes part again is invited again.
    try await batch.store.removeInvitation(of: participant)
  }

  // MARK: Erasing

  private func erase(_ participant: String, errors: String) async throws -> Report {
    var report = Report(participant: participant, data: .erased, rows: [:], slices: 0)
    report.errors = try await eraseEntries(of: participant, in: errors)
    // Before the ledger, which names the objects: after a failure the command can be repeated.
    let storages = batch.services.rawStorages.filter(\.isOn)
    if storages.isEmpty { try await refuseUnreachableObjects(of: participant) }
    for storage in storages {
      let erasure = RawErasure(storage, batch.environment, providers: Set(batch.services.providers.map(\.provider)), note: note)
      report.objects = (report.objects ?? 0) + (try await erasure.run(participant))
    }
    if try await batch.store.removeDamagedCopy(of: participant) { tell(.removedDamagedCopy(of: participant)) }
    for (name, store) in try existingStores() {
      let erasure = batch.services.isLeasing(name) ? try await erase(participant, inOpen: store) : try await store.opened { try await $0.erase(participant: participant) }
      report.slices = (report.slices ?? 0) + erasure.slices
      report.rows?.merge(erasure.rows) { $0 + $1 }
    }
    if !batch.services.copies.isEmpty { tell(.copiesRemain(of: participant, in: batch.services.copies)) }
    return report
  }

  /// A store that does not exist yet contains no data.
  private func existingStores() throws -> [(name: String, store: any RecordStore)] {
    try batch.services.namedStores.filter { try $0.store.localPath.map { try batch.environment.fileSystem.status($0) != nil } ?? true }
  }

  /// The ledger alone says where the participant's responses are: it must not be erased while they cannot be.
  private func refuseUnreachableObjects(of participant: String) async throws {
    var keys: Set<String> = []
    for (_, store) in try existingStores() {
      keys.formUnion(
        try await store.reading { reader in
          // Objects that wait in the spool are named by slices alone.
          try await reader.processedObjects(of: participant).map(\.key) + reader.ledger(of: participant).compactMap(\.object)
        } ?? [])
    }
    guard let first = keys.min() else { return }
    throw ProcessorError(
      .badRequest,
      "\(participant) has \(keys.count) raw \(keys.count == 1 ? "object" : "objects"), such as \(first), and no raw storage is named; neither rows nor ledger "
        + "were erased: repeat the command with the storage in which they are, -p raw=…")
  }

  private func note(_ objects: [ProcessedObject]) async throws {
    for (name, store) in try existingStores() {
      if batch.services.isLeasing(name) {
        try await store.note(objects)
        try await store.synchronize()
      } else {
        try await store.opened { try await $0.note(objects) }
      }
    }
  }

  /// From a store that stays open for its leases: what is reported is durable.
  private func erase(_ participant: String, inOpen store: any RecordStore) async throws -> Erasure {
    let erasure = try await store.erase(participant: participant)
    try await store.synchronize()
    return erasure
  }

  /// Returns the number of erased entries.
  private func eraseEntries(of participant: String, in errors: String) async throws -> Int {
    let environment = batch.environment
    let folder = ErrorFolder(
      folder: errors, fileSystem: environment.fileSystem, lane: environment.lane("error folder"),
      indexes: state.map(ErrorFolder.indexes))
    let listing = try await folder.entries(flow: batch.graph.name)
    for damaged in listing.damaged { tell(.unreadable(damaged, whileErasing: participant)) }
    let own = try await EntryOwnership.read(batch.graph, environment).owned(listing.entries).filter { $0.participant == participant }
    for entry in own { try await folder.remove(entry) }
    // After the entries: a run that sweeps meanwhile would put the participant into a new index for as long as they exist.
    try await folder.removeIndex(flow: batch.graph.name)
    return own.count
  }
}
