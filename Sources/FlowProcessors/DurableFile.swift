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
  let temporary: String
  let fileSystem: any FileSystem

  private var path: String { folder + "/" + name }
  private var temporaryPath: String { folder + "/" + temporary }

  func exists() throws -> Bool { try fileSystem.status(path) != nil }

  /// Throws `FileSystemError`; the old file is then unchanged, unless the last step failed (fsync of the folder).
  func write(_ bytes: [UInt8]) throws {
    try fileSystem.makeFolderDurably(folder)
    let descriptor = try fileSystem.open(temporaryPath, .readWrite(mode: 0o600))
    defer { fileSystem.close(descriptor) }
    do {
      // Without locks the file is written all the same; a leftover of it is then never removed.
      _ = try isFree(descriptor, temporaryPath)
      try fileSystem.write(bytes, to: descriptor, path: temporaryPath)
      try fileSystem.synchronize(descriptor, path: temporaryPath)
      // After fsync only: after a power cut, the final name must not lead to incomplete data.
      try fileSystem.rename(temporaryPath, to: path)
    } catch {
      // The next run removes a leftover, which is then unlocked. Report the original failure.
      try? fileSystem.removeFile(temporaryPath)
      throw error
    }
    // The rename is durable only once the folder is.
    try fileSystem.synchronizeFolder(folder)
  }

  /// Removes the folder's temporary files whose writers are gone.
  func removeLeftovers(prefix: String, suffix: String) throws {
    for name in try fileSystem.names(in: folder) where name.hasPrefix(prefix) && name.hasSuffix(suffix) {
      let path = folder + "/" + name
      do {
        let descriptor = try fileSystem.open(path, .readWrite(mode: 0o600))
        defer { fileSystem.close(descriptor) }
        if try isFree(descriptor, path) { try fileSystem.removeFile(path) }
      } catch let error as FileSystemError where error.errno == ENOENT {
        continue  // Renamed by its writer, or removed by another run.
      }
    }
  }

  /// Locks a file; false if another process holds the lock, or if the file system does not support locks.
  private func isFree(_ descriptor: Int32, _ path: String) throws -> Bool {
    do {
      return try fileSystem.lock(descriptor, offset: 0, length: 1, path: path)
    } catch let error as FileSystemError where [ENOLCK, ENOSYS, ENOTSUP, EOPNOTSUPP, EINVAL].contains(error.errno) {
      return false
    }
  }
}
