import FlowCore

/// Objects as files below a folder. Objects and folders are readable by their owner only.
package final class FolderStorage: ObjectStorage {
  package let location: String
  private let folder: ObjectFolder
  private let lane: any Lane

  /// - Parameter location: the folder's path; it is created by the first `put`.
  package init(_ location: String, fileSystem: any FileSystem, lane: any Lane, random: any RandomSource) {
    self.lane = lane
    // Without slashes at its end; `/` stays.
    self.location = String(location.prefix(through: location.lastIndex { $0 != "/" } ?? location.startIndex))
    folder = ObjectFolder(root: self.location, fileSystem: fileSystem, random: random)
  }

  package func put(_ key: String, from file: String, sha256: [UInt8]) async throws(ObjectStorageError) {
    try check(key)
    try await lane.running("write '\(key)' to \(location)") { [folder] in try folder.put(key, from: file, sha256: sha256) }
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
