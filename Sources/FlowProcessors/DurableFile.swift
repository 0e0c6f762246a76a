import FlowCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A file that appears completely or not at all: written under a unique temporary name, made durable, renamed. The
/// temporary file is locked while it is written, so an unlocked one was left by a dead process. Blocks: use it in a
/// lane.
struct DurableFile: Sendable {
  let folder: String
  let name: String
  /// Of the temporary file's name, which no other file has.
  let stem: String
  let fileSystem: any FileSystem

  private static let prefix = ".flowrun-"
  private static let suffix = ".partial"
  /// How often the temporary file may be lost to others before a write gives up.
  private static let tryLimit = 5

  private var path: String { folder + "/" + name }

  func exists() throws -> Bool { try fileSystem.status(path) != nil }

  /// Throws `FileSystemError`; the old file is then unchanged, unless the last step failed (fsync of the folder).
  func write(_ bytes: [UInt8]) throws {
    try fileSystem.makeFolderDurably(folder)
    for attempt in 1...Self.tryLimit {
      // Another name each time: the run that has found the former one unlocked may still be about to remove it.
      let temporary = "\(folder)/\(Self.prefix)\(stem)" + (attempt == 1 ? "" : "-\(attempt)") + Self.suffix
      guard try isPutInPlace(bytes, by: temporary) else { continue }
      // The rename is durable only once the folder is.
      return try fileSystem.synchronizeFolder(folder)
    }
    throw FileSystemError(operation: "write", path: path, errno: EAGAIN, reason: "other runs removed its unfinished file \(Self.tryLimit) times")
  }

  /// False if another run, which starts at this moment, took the temporary file for a leftover before it was locked.
  private func isPutInPlace(_ bytes: [UInt8], by temporaryPath: String) throws -> Bool {
    let descriptor = try fileSystem.open(temporaryPath, .readWrite(mode: 0o600))
    defer { fileSystem.close(descriptor) }
    guard try fileSystem.lockIfPossible(descriptor, path: temporaryPath) else { return false }
    do {
      try fileSystem.write(bytes, to: descriptor, path: temporaryPath)
      try fileSystem.synchronize(descriptor, path: temporaryPath)
      // After fsync only: after a power cut, the final name must not lead to incomplete data.
      try fileSystem.rename(temporaryPath, to: path)
      return true
    } catch let error as FileSystemError where error.isNotThere {
      guard try fileSystem.status(temporaryPath) == nil, try fileSystem.status(folder) != nil else { throw error }
      return false
    } catch {
      // The next run removes a leftover, which is then unlocked. Report the original failure.
      try? fileSystem.removeFile(temporaryPath)
      throw error
    }
  }

  /// Removes the folder's temporary files whose writers are gone.
  func removeLeftovers() throws {
    for name in try fileSystem.names(in: folder) where name.hasPrefix(Self.prefix) && name.hasSuffix(Self.suffix) {
      let path = folder + "/" + name
      do {
        let descriptor = try fileSystem.open(path, .readWrite(mode: 0o600))
        defer { fileSystem.close(descriptor) }
        if try fileSystem.lock(descriptor, offset: 0, length: 1, path: path) { try fileSystem.removeFile(path) }
      } catch let error as FileSystemError where error.isNotThere || error.hasNoLocks {
        continue  // Renamed by its writer, or removed by another run; or nobody can tell whether it is in use.
      }
    }
  }
}
