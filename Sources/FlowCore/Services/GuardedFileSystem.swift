/// A file system that calls hooks before and after each operation, with which tests count calls, make one fail, or end
/// the process.
///
/// Boundaries: `file.open`, `file.read`, `file.write`, `file.reserve`, `file.synchronize`, `file.rename` (its path is the destination), `file.remove`,
/// `file.makeFolder`, `file.names`, `file.status`, `file.lock`.
package struct GuardedFileSystem: FileSystem {
  private let base: any FileSystem
  private let before: @Sendable (_ boundary: String, _ path: String) throws -> Void
  private let after: @Sendable (_ boundary: String, _ path: String) -> Void

  /// - Parameters:
  ///   - before: throws to make the operation fail without performing it.
  ///   - after: called after an operation has succeeded.
  package init(
    _ base: any FileSystem, before: @escaping @Sendable (_ boundary: String, _ path: String) throws -> Void,
    after: @escaping @Sendable (_ boundary: String, _ path: String) -> Void = { _, _ in }
  ) {
    self.base = base
    self.before = before
    self.after = after
  }

  private func pass<Result>(_ boundary: String, _ path: String, _ call: () throws -> Result) throws -> Result {
    try before(boundary, path)
    let result = try call()
    after(boundary, path)
    return result
  }

  package func open(_ path: String, _ mode: FileOpenMode) throws -> Int32 {
    try pass("file.open", path) { try base.open(path, mode) }
  }
  package func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    try pass("file.read", path) { try base.readAll(descriptor, path: path, limitBytes: limitBytes) }
  }
  package func readChunk(_ path: String, at offset: Int64, count: Int) throws -> [UInt8] {
    try pass("file.read", path) { try base.readChunk(path, at: offset, count: count) }
  }
  package func readNext(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    try pass("file.read", path) { try base.readNext(descriptor, path: path, limitBytes: limitBytes) }
  }
  package func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
    try pass("file.write", path) { try base.write(bytes, to: descriptor, path: path) }
  }
  package func reserve(_ bytes: Int64, in descriptor: Int32, path: String) throws {
    try pass("file.reserve", path) { try base.reserve(bytes, in: descriptor, path: path) }
  }
  package func synchronize(_ descriptor: Int32, path: String) throws {
    try pass("file.synchronize", path) { try base.synchronize(descriptor, path: path) }
  }
  package func close(_ descriptor: Int32) { base.close(descriptor) }
  package func rename(_ source: String, to destination: String) throws {
    try pass("file.rename", destination) { try base.rename(source, to: destination) }
  }
  package func renameExclusively(_ source: String, to destination: String) throws -> Bool {
    try pass("file.rename", destination) { try base.renameExclusively(source, to: destination) }
  }
  package func removeFile(_ path: String) throws {
    try pass("file.remove", path) { try base.removeFile(path) }
  }
  package func removeFolder(_ path: String) throws {
    try pass("file.remove", path) { try base.removeFolder(path) }
  }
  package func removeFolderIfEmpty(_ path: String) throws -> Bool {
    try pass("file.remove", path) { try base.removeFolderIfEmpty(path) }
  }
  package func makeFolder(_ path: String) throws {
    try pass("file.makeFolder", path) { try base.makeFolder(path) }
  }
  package func names(in folder: String) throws -> [String] {
    try pass("file.names", folder) { try base.names(in: folder) }
  }
  package func entries(in folder: String) throws -> FolderEntries {
    try pass("file.names", folder) { try base.entries(in: folder) }
  }
  package func resolved(_ path: String) throws -> String? {
    try pass("file.status", path) { try base.resolved(path) }
  }
  package func status(_ path: String) throws -> FileStatus? {
    try pass("file.status", path) { try base.status(path) }
  }
  package func modificationTime(_ path: String) throws -> Instant? {
    try pass("file.status", path) { try base.modificationTime(path) }
  }
  package func identity(_ path: String) throws -> FileIdentity? {
    try pass("file.status", path) { try base.identity(path) }
  }
  package func isSymbolicLink(_ path: String) throws -> Bool {
    try pass("file.status", path) { try base.isSymbolicLink(path) }
  }
  package func lock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    try pass("file.lock", path) { try base.lock(descriptor, offset: offset, length: length, path: path) }
  }
  package func unlock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws {
    try base.unlock(descriptor, offset: offset, length: length, path: path)
  }
  package func isLocked(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    try pass("file.lock", path) { try base.isLocked(descriptor, offset: offset, length: length, path: path) }
  }
  package func freeBytes(at path: String) throws -> Int64 { try base.freeBytes(at: path) }
  package func isNetworkFileSystem(_ path: String) throws -> Bool { try base.isNetworkFileSystem(path) }
}
