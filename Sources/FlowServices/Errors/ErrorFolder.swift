import FlowCore

/// The error folder: `FOLDER/FLOW/RUN/PROCESSOR/UUID/{flowfile.json,content}`.
///
/// An entry appears whole or not at all and is on disk when `write` returns. Files are 0600, folders 0700. All work on the disk runs in
/// the lane given; any task may call. Several processes may use one folder at once.
package final class ErrorFolder: ErrorSink {
  package let folder: String
  private let lane: any Lane
  private let disk: EntryDisk
  private let secrets: @Sendable (_ participant: String?) -> [String]
  private let state = Locked(ErrorFolderState())

  /// - Parameter secrets: what must not be written, of a participant (its tokens, where an answer echoed them) or of the client.
  package init(
    folder: String, fileSystem: any FileSystem, lane: any Lane,
    secrets: @escaping @Sendable (_ participant: String?) -> [String] = { _ in [] }
  ) {
    self.folder = folder
    self.lane = lane
    self.secrets = secrets
    disk = EntryDisk(root: folder, fileSystem: fileSystem)
  }

  // MARK: Writing

  /// Writes an entry, then removes those of earlier runs that it supersedes. A refused scope is written once a participant and run.
  ///
  /// Throws `StopRun` (`failed`, `disk`); then nothing appears, unless the last step failed (fsync of the folder): then a whole entry does.
  package func write(_ entry: ErrorEntry) async throws {
    let redaction = Redaction(secrets(entry.flowFile[AttributeName.participant]))
    try await lane.run { [self] in
      do {
        let earlier = try earlierEntries(of: entry)
        let key = EntryKey(
          processor: entry.processor, cause: entry.failure.cause, attributes: entry.flowFile.attributes.dictionary)
        if entry.failure.cause == .scope, state.withLock({ $0.isKnown(key, flow: entry.flow, run: entry.run) }) { return }
        try disk.place(entry, redaction: redaction)
        state.withLock { $0.note(key, flow: entry.flow, run: entry.run) }
        supersede(earlier.filter { $0.key == key && $0.isCovered(by: entry) }, by: entry)
      } catch let error as FileSystemError {
        throw refusal(error)
      }
    }
  }

  /// Entries of other runs of the flow as this run found them; read at its first entry.
  private func earlierEntries(of entry: ErrorEntry) throws -> [StoredEntry] {
    if let known = state.withLock({ $0.earlier[entry.flow] }) { return known }
    let found = try disk.listing(flow: entry.flow).entries.filter { $0.document.flow == entry.flow }
    let earlier = found.filter { $0.document.run != entry.run }
    state.withLock { state in
      state.earlier[entry.flow] = earlier
      for own in found where own.document.run == entry.run { state.note(own.key, flow: entry.flow, run: entry.run) }
    }
    return earlier
  }

  /// Removes what came back as `entry`, which is durable by now.
  private func supersede(_ earlier: [StoredEntry], by entry: ErrorEntry) {
    for old in earlier {
      do {
        try disk.remove(old.path)
        state.withLock { $0.earlier[entry.flow]?.removeAll { $0.path == old.path } }
      } catch {
        // The new entry is safe, which alone counts here. The old one stays in the list: the next entry of its kind, or run, tries again.
        continue
      }
    }
  }

  // MARK: Reading

  /// Every entry of a flow, or of all flows, the oldest first; and what cannot be read as an entry, with the reason.
  /// No folder means no entries. Throws `FileSystemError`.
  package func entries(flow: String? = nil) async throws -> ErrorListing {
    try await lane.run { [disk] in try disk.listing(flow: flow) }
  }

  /// The entry with its content typed as it was. Its lineage is `LineageID(0)`: whoever puts the FlowFile back opens one.
  /// Throws `EntryDamage`, `FileSystemError`.
  package func load(_ entry: StoredEntry) async throws -> ErrorEntry {
    try await lane.run { [disk] in try disk.load(entry) }
  }

  /// Removes an entry, durably, and the folders that it leaves empty. No error if it is gone. Throws `FileSystemError`.
  package func remove(_ entry: StoredEntry) async throws {
    try await lane.run { [disk] in try disk.remove(entry.path) }
  }

  // MARK: Upkeep

  /// Removes what writers left half done that are no more (killed in the middle). Entries and what a living process writes are left alone.
  package func clean() async throws {
    try await lane.run { [disk] in try disk.clean() }
  }

  /// Sees to it that the folder is there and can be written. Throws `StopRun` (`failed`, `disk`) with what to do.
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

/// What a run remembers of its entries.
private struct ErrorFolderState: Sendable {
  private struct RunKey: Hashable, Sendable {
    var flow: String
    var run: String
    var key: EntryKey
  }
  /// Entries of earlier runs, by flow; absent until they were read.
  var earlier: [String: [StoredEntry]] = [:]
  private var written: Set<RunKey> = []

  func isKnown(_ key: EntryKey, flow: String, run: String) -> Bool {
    written.contains(RunKey(flow: flow, run: run, key: key))
  }
  mutating func note(_ key: EntryKey, flow: String, run: String) {
    written.insert(RunKey(flow: flow, run: run, key: key))
  }
}
