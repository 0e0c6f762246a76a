/// A folder for one process's temporary files, beside those of other processes. It is locked while the process lives, so that whoever comes later
/// can tell what a killed one has left behind, and removes it.
///
/// Nothing in it is durable. `make` and `remove` block. Where the file system has no locks, nobody takes a folder for a leftover.
package final class WorkFolder: Sendable {
  private struct Place {
    var path: String
    var descriptor: Int32
  }

  private let name: String
  private let parent: String
  private let fileSystem: any FileSystem
  private let place = Locked<Place?>(nil)

  private static let lockName = "/lock"
  /// How the names of folders begin that are being removed.
  private static let removedPrefix = ".removed-"
  private static let earlierPrefix = "partition-"
  private static let tryLimit = 5

  /// - Parameters:
  ///   - name: of the folder; another is chosen if it is taken.
  ///   - parent: its path; created if missing. What else is in it stays.
  package init(_ name: String, in parent: String, _ fileSystem: any FileSystem) {
    self.name = name
    self.parent = parent
    self.fileSystem = fileSystem
  }

  deinit {
    if let descriptor = place.withLock({ $0?.descriptor }) { fileSystem.close(descriptor) }
  }

  /// nil before `make` and after `remove`.
  package var path: String? { place.withLock { $0?.path } }

  /// Makes the folder, and removes those of processes that have ended. Throws `FileSystemError`; nothing is locked then.
  package func make() throws {
    precondition(path == nil, "a work folder is made once")
    for attempt in 1...Self.tryLimit {
      // Another name each time: a process that has found the former one unlocked may still be about to remove it.
      let path = "\(parent)/\(name)" + (attempt == 1 ? "" : "-\(attempt)")
      guard let descriptor = try create(path) else { continue }
      place.withLock { $0 = Place(path: path, descriptor: descriptor) }
      do { return try removeOthers() } catch {
        place.withLock { $0 = nil }
        fileSystem.close(descriptor)
        throw error
      }
    }
    throw FileSystemError(operation: "create a folder in", path: parent, errno: 17, reason: "\(Self.tryLimit) names are in use")
  }

  /// Creates and locks the folder; nil if it belongs to another process, or if one that started at this moment took it for a leftover before it was
  /// locked.
  private func create(_ path: String) throws -> Int32? {
    let lockPath = path + Self.lockName
    do {
      try fileSystem.makeFolder(path)
      let descriptor = try fileSystem.open(lockPath, .readWrite(mode: 0o600))
      do {
        if try fileSystem.lockIfPossible(descriptor, path: lockPath), try fileSystem.status(lockPath) != nil { return descriptor }
        fileSystem.close(descriptor)
        return nil
      } catch {
        fileSystem.close(descriptor)
        throw error
      }
    } catch let error as FileSystemError where error.isNotThere {
      return nil
    }
  }

  private func removeOthers() throws {
    let own = path
    for name in try fileSystem.names(in: parent) {
      let other = "\(parent)/\(name)"
      if other != own { try removeIfEnded(other, named: name) }
    }
  }

  private func removeIfEnded(_ other: String, named name: String) throws {
    do {
      guard !name.hasPrefix(Self.removedPrefix) else { return try fileSystem.removeFolder(other) }
      var lockPath = other + Self.lockName
      if try fileSystem.status(lockPath)?.isRegularFile != true {
        // Earlier versions of exports had single files, each locked by its process.
        if name.hasPrefix(Self.earlierPrefix), try fileSystem.status(other)?.isRegularFile == true {
          lockPath = other
        } else {
          // A work folder that is not locked yet has nothing in it. What has is somebody else's: the state folder may be the user's own.
          _ = try fileSystem.removeFolderIfEmpty(other)
          return
        }
      }
      let descriptor = try fileSystem.open(lockPath, .readWrite(mode: 0o600))
      defer { fileSystem.close(descriptor) }
      guard try fileSystem.lock(descriptor, offset: 0, length: 1, path: lockPath) else { return }
      try takeAway(other)
    } catch is FileSystemError {
      // Another process removes it at this moment, or it is another user's. Whoever comes next tries again; until then it only takes space.
    }
  }

  /// Removes the folder with all that is in it. Does nothing if it was not made. Throws `FileSystemError`; the lock is given up all the same, so that
  /// the next process removes what is left.
  package func remove() throws {
    let made = place.withLock { place in
      defer { place = nil }
      return place
    }
    guard let made else { return }
    defer { fileSystem.close(made.descriptor) }
    try takeAway(made.path)
  }

  /// In one step, so that a process which is about to lock the folder finds it there with its lock, or not at all; and so that whoever is killed
  /// meanwhile leaves what is known to be no longer needed.
  private func takeAway(_ path: String) throws {
    let removed = "\(parent)/\(Self.removedPrefix)\(path.dropFirst(parent.count + 1))"
    try fileSystem.rename(path, to: removed)
    try fileSystem.removeFolder(removed)
  }
}
