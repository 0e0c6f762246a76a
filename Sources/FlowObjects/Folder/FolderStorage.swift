import FlowCore

/// Objects as files below a folder. Objects and folders are readable by their owner only.
package final class FolderStorage: ObjectStorage {
  package let location: String
  private let folder: ObjectFolder
  private let lane: any Lane
  /// Taken in turn by writers: the time of a small object is that of its two fsyncs, and those of several share a commit of the file system.
  private let writing: [any Lane]
  private let turn = Locked(0)

  /// - Parameters:
  ///   - location: the folder's path; it is created by the first write.
  ///   - writing: for writers; empty: `lane` is for everything.
  package init(_ location: String, fileSystem: any FileSystem, lane: any Lane, writing: [any Lane] = [], random: any RandomSource) {
    self.lane = lane
    self.writing = writing.isEmpty ? [lane] : writing
    // Without slashes at its end; `/` stays.
    self.location = String(location.prefix(through: location.lastIndex { $0 != "/" } ?? location.startIndex))
    folder = ObjectFolder(root: self.location, fileSystem: fileSystem, random: random)
  }

  package func put(_ key: String, from source: ObjectSource, sha256: [UInt8]) async throws(ObjectStorageError) {
    try await write(key, from: source, sha256, .new)
  }

  package func replace(_ key: String, from file: String, sha256: [UInt8]) async throws(ObjectStorageError) {
    try await write(key, from: .file(file), sha256, .replacement)
  }

  private func write(_ key: String, from source: ObjectSource, _ sha256: [UInt8], _ kind: ObjectFolder.Writing) async throws(ObjectStorageError) {
    try check(key)
    let lane = writing[
      turn.withLock { turn in
        turn = (turn + 1) % writing.count
        return turn
      }]
    try await lane.running("write '\(key)' to \(location)") { [folder] in try folder.write(key, from: source, sha256: sha256, kind) }
  }

  package func fetch(_ key: String, scratch: String) async throws(ObjectStorageError) -> FetchedObject {
    try check(key)
    return try await lane.running("read '\(key)' of \(location)") { [folder] in FetchedObject(path: try folder.existing(key)) }
  }

  package func list(_ prefix: String) async throws(ObjectStorageError) -> [StoredObject] {
    if let problem = ObjectKey.prefixProblem(prefix) { throw .invalid(prefix, problem) }
    return try await lane.running("list \(location)") { [folder] in try folder.list(prefix) }
  }

  package func remove(_ key: String) async throws(ObjectStorageError) {
    try check(key)
    try await lane.running("remove '\(key)' from \(location)") { [folder] in try folder.remove(key) }
  }

  private func check(_ key: String) throws(ObjectStorageError) {
    if let problem = ObjectKey.problem(key) { throw .invalid(key, problem) }
  }
}
