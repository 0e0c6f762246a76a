import FlowCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A file that appears whole or not at all: written under a temporary name that nobody else uses, made durable, renamed. While it is
/// written it is locked, so that a temporary file which nobody holds locked is a dead writer's. Blocks: to be used from a lane.
struct DurableFile: Sendable {
  let folder: String
  let name: String
  let temporary: String
  let fileSystem: any FileSystem

  private var path: String { folder + "/" + name }
  private var temporaryPath: String { folder + "/" + temporary }

  func exists() throws -> Bool { try fileSystem.status(path) != nil }

  /// Throws `FileSystemError`; the old file stands then as it was, unless the last step failed (fsync of the folder).
  func write(_ bytes: [UInt8]) throws {
    try makeDurably(folder)
    let descriptor = try fileSystem.open(temporaryPath, .readWrite(mode: 0o600))
    defer { fileSystem.close(descriptor) }
    do {
      _ = try isFree(descriptor, temporaryPath)
      try fileSystem.write(bytes, to: descriptor, path: temporaryPath)
      try fileSystem.synchronize(descriptor, path: temporaryPath)
      try fileSystem.rename(temporaryPath, to: path)
    } catch {
      // What is left has the temporary name and, soon, no lock: the next run removes it. The failure itself is what must be told.
      try? fileSystem.removeFile(temporaryPath)
      throw error
    }
    try fileSystem.synchronizeFolder(folder)
  }

  /// Makes a folder with its missing parents, each durable in its own parent.
  private func makeDurably(_ folder: String) throws {
    guard try fileSystem.status(folder)?.isFolder != true else { return }
    let slash = folder.lastIndex(of: "/")
    let parent = slash.map { $0 == folder.startIndex ? "/" : String(folder[..<$0]) } ?? "."
    if parent != folder { try makeDurably(parent) }
    try fileSystem.makeFolder(folder)
    try fileSystem.synchronizeFolder(parent)
  }

  /// Removes temporary files of the folder whose writers are gone.
  func removeLeftovers(prefix: String, suffix: String) throws {
    for name in try fileSystem.names(in: folder) where name.hasPrefix(prefix) && name.hasSuffix(suffix) {
      let path = folder + "/" + name
      do {
        let descriptor = try fileSystem.open(path, .readWrite(mode: 0o600))
        defer { fileSystem.close(descriptor) }
        if try isFree(descriptor, path) { try fileSystem.removeFile(path) }
      } catch let error as FileSystemError where error.errno == ENOENT {
        continue  // Its writer has renamed it meanwhile, or another run has removed it.
      }
    }
  }

  /// Locks a file; false if somebody else holds it, or if the file system cannot tell.
  private func isFree(_ descriptor: Int32, _ path: String) throws -> Bool {
    do {
      return try fileSystem.lock(descriptor, offset: 0, length: 1, path: path)
    } catch let error as FileSystemError where [ENOLCK, ENOSYS, ENOTSUP, EOPNOTSUPP, EINVAL].contains(error.errno) {
      return false
    }
  }
}
