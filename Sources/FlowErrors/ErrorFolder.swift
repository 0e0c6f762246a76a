import FlowCore
import StudyModel

/// The error folder: `FOLDER/FLOW/RUN/PROCESSOR/UUID/{flowfile.json,content}`.
///
/// An entry appears completely or not at all, and is durable when `write` returns. Files have mode 0600, folders 0700.
/// All disk access runs on the given lane; any task may call. Several processes may use one folder at the same time.
package final class ErrorFolder: ErrorSink {
  package let folder: String
  private let lane: any Lane
  private let disk: EntryDisk
  private let indexes: String?
  private let secrets: @Sendable (_ participant: String?) -> [String]
  private let belonging: @Sendable (_ processor: String) -> EntryBelonging
  /// Refused scopes already written by this run.
  private let refusedScopes = Locked<Set<RunKey>>([])

  private struct RunKey: Hashable, Sendable {
    var flow: String
    var run: String
    var key: EntryKey
  }

  /// - Parameters:
  ///   - indexes: folder of the index files that spare `summaries` reading entries again; nil if it is to read all.
  ///   - secrets: texts that must not be written: the tokens of a participant, which a response may echo, or the
  ///     client's secret.
  ///   - belonging: the owner of entries that fail at a processor.
  package init(
    folder: String, fileSystem: any FileSystem, lane: any Lane, indexes: String? = nil,
    secrets: @escaping @Sendable (_ participant: String?) -> [String] = { _ in [] },
    belonging: @escaping @Sendable (_ processor: String) -> EntryBelonging = { _ in EntryBelonging() }
  ) {
    self.folder = folder
    self.lane = lane
    self.indexes = indexes
    self.secrets = secrets
    self.belonging = belonging
    disk = EntryDisk(root: folder, fileSystem: fileSystem)
  }

  // MARK: Writing

  /// Writes an entry without reading existing ones. A refused scope is written once per participant and run.
  ///
  /// Throws `StopRun` (`failed`, `disk`). No entry appears then, unless the last step (fsync of the folder) failed,
  /// after which a complete one does.
  package func write(_ entry: ErrorEntry) async throws {
    let redaction = Redaction(secrets(entry.flowFile[AttributeName.participant]))
    let belonging = belonging(entry.processor)
    try await lane.run { [self] in
      let key = EntryKey(processor: entry.processor, cause: entry.failure.cause, attributes: entry.flowFile.attributes.dictionary)
      let scope = entry.failure.cause == .scope ? RunKey(flow: entry.flow, run: entry.run, key: key) : nil
      if let scope, refusedScopes.withLock({ $0.contains(scope) }) { return }
      do {
        try disk.place(entry, belonging: belonging, redaction: redaction)
      } catch let error as FileSystemError {
        throw refusal(error)
      }
      if let scope { refusedScopes.withLock { _ = $0.insert(scope) } }
    }
  }

  // MARK: Reading

  /// All entries of a flow, or of all flows, oldest first, and the unreadable ones with the reason. A missing folder
  /// counts as empty. Throws `FileSystemError`.
  package func entries(flow: String? = nil) async throws -> ErrorListing {
    try await lane.run { [disk] in try disk.listing(flow: flow) }
  }

  /// The paths of all entries, sorted; none is read. Throws `FileSystemError`.
  package func names() async throws -> [String] { try await lane.run { [disk] in try disk.names() } }

  /// Loads an entry with its content in its original type. The lineage is `LineageID(0)`; the caller must open a new
  /// one to inject the FlowFile. Throws `Diagnostic`, `FileSystemError`.
  package func load(_ entry: StoredEntry) async throws -> ErrorEntry {
    try await lane.run { [disk] in try disk.load(entry) }
  }

  /// Removes an entry durably, with any folders left empty. Succeeds if the entry no longer exists. Throws
  /// `FileSystemError`.
  package func remove(_ entry: StoredEntry) async throws {
    try await lane.run { [disk] in try disk.remove(entry.path) }
  }

  // MARK: Sweeping

  /// The entries of a flow, each with at least what `ErrorSweep` uses; reads only those that the index does not have. Throws `FileSystemError`.
  package func summaries(flow: String) async throws -> EntrySummaries {
    try await lane.run { [self] in
      try disk.summaries(flow: flow, index(of: flow).map { disk.index($0, flow: flow) } ?? EntryIndex())
    }
  }

  /// Removes an entry as `remove(_:)` does, unless its summary came from the index and it now says something else. Returns whether it is gone.
  package func remove(_ entry: StoredEntry, foundIn summaries: EntrySummaries) async throws -> Bool {
    try await lane.run { [disk] in
      guard try !summaries.unread.contains(entry.path) || disk.isUnchanged(entry) else { return false }
      try disk.remove(entry.path)
      return true
    }
  }

  /// Writes the index for the next `summaries`, without the entries at the given paths. Throws `FileSystemError`.
  package func keep(_ summaries: EntrySummaries, without paths: Set<String>, flow: String) async throws {
    guard let file = index(of: flow) else { return }
    try await lane.run { [disk] in try disk.keep(summaries, without: paths, in: file, flow: flow) }
  }

  /// Removes the index of a flow: it names the participants of the entries that it was made of. Throws `FileSystemError`.
  package func removeIndex(flow: String) async throws {
    guard let file = index(of: flow) else { return }
    try await lane.run { [disk] in try disk.removeIndex(file) }
  }

  /// Where a state folder holds the indexes.
  package static func indexes(inState state: String) -> String { "\(state)/error-index" }

  private func index(of flow: String) -> String? { indexes.map { "\($0)/\(EntryDisk.pathName(flow))" } }

  // MARK: Upkeep

  /// Removes partial entries of writers that were killed. Complete entries and those of living writers are left alone.
  package func clean() async throws {
    try await lane.run { [disk] in try disk.clean() }
  }

  /// Creates the folder if necessary and checks that it can be written. Throws `StopRun` (`failed`, `disk`) with a
  /// remedy.
  package func check() async throws {
    try await lane.run { [self] in
      do {
        try disk.check()
      } catch let error as FileSystemError {
        throw refusal(error)
      }
    }
  }

  private func refusal(_ error: FileSystemError) -> StopRun {
    StopRun(
      .failed, .disk,
      "the error folder '\(folder)' cannot be written: \(error); make room or give access to it, or name another with --errors")
  }
}
