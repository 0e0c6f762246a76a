import FlowCore
import StudyModel
import StudyParticipants
import StudyProcessors
import StudyRaw

/// Finds the objects that a rebuild reads, before its flow starts.
struct RebuildSources: Sendable {
  let request: RebuildRequest
  let graph: FlowGraph
  let services: ServiceDirectory
  let environment: RuntimeEnvironment

  /// The most files that are named one by one.
  private static let namedLimit = 20

  /// What the source processor reads, and what a person should know. Throws `Diagnostics` for a pattern that matches no participant, and
  /// `StopRun` if storage or folder cannot be read.
  func scope(_ selection: ParticipantSelection) async throws -> (scope: RebuildScope, notes: [Bulletin]) {
    if let archive = request.archive { return try await scope(of: archive, selection) }
    let rebuild = try RebuildGraph(graph)
    guard let storage = services.rawStorage(rebuild.rawStorage) else { preconditionFailure("the request has been checked against the flow") }
    let listing: RawListing
    do {
      listing = try await storage.listObjects()
    } catch let error as ProcessorError {
      throw StopRun(.unavailable, error.failure.cause, "the raw storage \(storage.location) cannot be read: \(error.failure.message)")
    }
    // Other flows may keep their responses in the same place.
    let providers = Set(services.providers.map(\.provider))
    let objects = listing.objects.filter { object in RawKey(object.key).map { providers.isEmpty || providers.contains($0.provider) } ?? false }
    guard !objects.isEmpty else {
      throw Diagnostics([
        Diagnostic(
          .unsuitableValue, subject: "raw storage '\(storage.location)'", found: "it holds no responses of \(providers.sorted().joined(separator: " or "))",
          expected: "the folder or bucket that runs with the same -p raw=… have filled")
      ])
    }
    try check(selection, objects, storage.location)
    var notes: [Bulletin] = []
    if let first = listing.foreign.first {
      notes.append(
        Bulletin(.info, processor: "", subject: "objects that are no raw responses of this program are left alone", detail: "\(listing.foreign.count), the first is \(first)"))
    }
    var scope = scope(objects, selection, nil)
    scope.noted = try await noted(Set(scope.objects.map(\.participant)), services.store(rebuild.ledger))
    return (scope, notes)
  }

  /// The hashes of the objects that were loaded before.
  private func noted(_ participants: Set<String>, _ store: (any RecordStore)?) async throws -> [String: String] {
    let noted = try await store?.reading { reader in
      var noted: [String: String] = [:]
      for participant in participants.sorted() {
        for object in try await reader.processedObjects(of: participant) { noted[object.key] = object.sha256 }
      }
      return noted
    }
    return (noted ?? nil) ?? [:]
  }

  private func scope(_ objects: [RawObject], _ selection: ParticipantSelection, _ source: (any RawReading)?) -> RebuildScope {
    RebuildScope(source: source, objects: objects.filter { selection.includes($0.participant) }, dataTypes: Set(request.dataTypes), window: request.window)
  }

  private func check(_ selection: ParticipantSelection, _ objects: [RawObject], _ place: String) throws {
    try selection.check(among: Set(objects.map(\.participant)).sorted(), option: "--participant", place: place)
  }

  // MARK: Archives

  private func scope(of archive: RebuildRequest.Archive, _ selection: ParticipantSelection) async throws -> (RebuildScope, [Bulletin]) {
    let types = Dictionary(ArchivedDataType.all(of: graph).map { ($0.name, $0) }) { first, _ in first }
    let folder = ArchiveFolder(
      folder: archive.folder, types: types, zones: try await zones(), otherZone: archive.zone, provider: services.providers.first?.provider ?? "",
      fileSystem: environment.fileSystem, lane: environment.lane("archive"))
    let listing: ArchiveFolder.Listing
    do {
      listing = try await folder.list()
    } catch let error as FileSystemError {
      throw StopRun(.failed, .disk, "the archive \(archive.folder) cannot be read: \(error)")
    }
    try check(selection, listing.objects, archive.folder)
    var notes = listing.misplaced.prefix(Self.namedLimit).map { file in
      Bulletin(.warning, processor: "", subject: Self.notPlaced, detail: "\(file.path): \(file.reason)")
    }
    if listing.misplaced.count > Self.namedLimit {
      notes.append(Bulletin(.warning, processor: "", subject: Self.notPlaced, detail: "and \(listing.misplaced.count - Self.namedLimit) more"))
    }
    return (scope(listing.objects, selection, folder), notes)
  }

  static let notPlaced = "files of the archive that cannot be placed"

  /// The zones of the batch's participants; none if there is no batch.
  private func zones() async throws -> [String: String] {
    var zones: [String: String] = [:]
    for store in services.providers.compactMap({ ($0 as? OAuthProvider)?.store }) where try environment.fileSystem.status(store.path) != nil {
      for status in try await store.statuses() { zones[status.participant] = status.zone }
    }
    return zones
  }
}
