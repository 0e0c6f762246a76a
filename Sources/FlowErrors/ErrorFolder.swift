import FlowCore
import StudyModel

/// The error folder: `FOLDER/FLOW/RUN/PROCESSOR/UUID/{flowfile.json,content}`.
///
/// An entry appears whole or not at all and is on disk when `write` returns. Files are 0600, folders 0700. All work on the disk runs in
/// the lane given; any task may call. Several processes may use one folder at once.
package final class ErrorFolder: ErrorSink {
  package let folder: String
  private let lane: any Lane
  private let disk: EntryDisk
  private let secrets: @Sendable (_ participant: String?) -> [String]
  private let belonging: @Sendable (_ processor: String) -> EntryBelonging
  /// Refused scopes that this run has written.
  private let refusedScopes = Locked<Set<RunKey>>([])

  private struct RunKey: Hashable, Sendable {
    var flow: String
    var run: String
    var key: EntryKey
  }

  /// - Parameters:
  ///   - secrets: what must not be written, of a participant (its tokens, where an answer echoed them) or of the client.
  ///   - belonging: to whom an entry belongs that fails at a processor.
  package init(
    folder: String, fileSystem: any FileSystem, lane: any Lane,
    secrets: @escaping @Sendable (_ participant: String?) -> [String] = { _ in [] },
    belonging: @escaping @Sendable (_ processor: String) -> EntryBelonging = { _ in EntryBelonging() }
  ) {
    self.folder = folder
    self.lane = lane
    self.secrets = secrets
    self.belonging = belonging
    disk = EntryDisk(root: folder, fileSystem: fileSystem)
  }

  // MARK: Writing

  /// Writes an entry; reads none, however many there are. A refused scope is written once a participant and run.
  ///
  /// Throws `StopRun` (`failed`, `disk`); then nothing appears, unless the last step failed (fsync of the folder): then a whole entry does.
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
