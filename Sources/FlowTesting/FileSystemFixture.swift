import FlowCore
import FlowFileSystem
import Foundation

/// A temporary folder for one test, removed when the fixture is released.
package final class FileSystemFixture: Sendable {
  package let path: String
  package let fileSystem = POSIXFileSystem()

  package init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("flowrun-\(UUID().uuidString)").path
    try fileSystem.makeFolder(path)
  }

  deinit {
    // The system cleans up folders that cannot be removed; the test does not fail because of them.
    _ = try? fileSystem.removeFolder(path)
  }

  /// All paths below the folder, relative and sorted; folders end with a slash.
  package func tree(_ below: String = "") throws -> [String] {
    try fileSystem.names(in: path + "/" + below).flatMap { name -> [String] in
      let relative = below + name
      guard try fileSystem.status(path + "/" + relative)?.isFolder == true else { return [relative] }
      return [relative + "/"] + (try tree(relative + "/"))
    }
  }
}

/// A file system that fails at one call, as with a full disk, a broken drive or exhausted descriptors.
///
/// Counts every call that touches the disk. A failing write leaves half of its bytes.
package final class FailingFileSystem: FileSystem {
  package enum Pattern: Sendable, CaseIterable { case once, everAfter }

  private let base: any FileSystem
  private let failing: Int?
  private let pattern: Pattern
  private let error: Int32
  private let calls = Locked(0)

  package init(_ base: any FileSystem, failing: Int? = nil, pattern: Pattern = .once, error: Int32 = 28) {
    self.base = base
    self.failing = failing
    self.pattern = pattern
    self.error = error
  }

  package var callCount: Int { calls.withLock { $0 } }

  private func fails() -> Bool {
    let call = calls.withLock {
      $0 += 1
      return $0
    }
    guard let failing else { return false }
    return pattern == .once ? call == failing : call >= failing
  }

  private func attempt<Result>(_ operation: String, _ path: String, _ body: () throws -> Result) throws -> Result {
    if fails() { throw FileSystemError(operation: operation, path: path, errno: error, reason: "made to fail") }
    return try body()
  }

  package func open(_ path: String, _ mode: FileOpenMode) throws -> Int32 { try attempt("open", path) { try base.open(path, mode) } }
  package func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    try attempt("read", path) { try base.readAll(descriptor, path: path, limitBytes: limitBytes) }
  }
  package func readChunk(_ path: String, at offset: Int64, count: Int) throws -> [UInt8] {
    try attempt("read", path) { try base.readChunk(path, at: offset, count: count) }
  }
  package func readNext(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    try attempt("read", path) { try base.readNext(descriptor, path: path, limitBytes: limitBytes) }
  }
  package func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
    if fails() {
      try base.write(Array(bytes.prefix(bytes.count / 2)), to: descriptor, path: path)
      throw FileSystemError(operation: "write", path: path, errno: error, reason: "made to fail")
    }
    try base.write(bytes, to: descriptor, path: path)
  }
  package func reserve(_ bytes: Int64, in descriptor: Int32, path: String) throws {
    try attempt("reserve room in", path) { try base.reserve(bytes, in: descriptor, path: path) }
  }
  package func synchronize(_ descriptor: Int32, path: String) throws {
    // Only counted: no test here simulates a power cut, and real fsyncs are slow.
    try attempt("fsync", path) {}
  }
  package func close(_ descriptor: Int32) { base.close(descriptor) }
  package func rename(_ source: String, to destination: String) throws {
    try attempt("rename", source) { try base.rename(source, to: destination) }
  }
  package func renameExclusively(_ source: String, to destination: String) throws -> Bool {
    try attempt("rename", source) { try base.renameExclusively(source, to: destination) }
  }
  package func removeFile(_ path: String) throws { try attempt("remove", path) { try base.removeFile(path) } }
  package func removeFolder(_ path: String) throws { try attempt("remove folder", path) { try base.removeFolder(path) } }
  package func removeFolderIfEmpty(_ path: String) throws -> Bool {
    try attempt("remove folder", path) { try base.removeFolderIfEmpty(path) }
  }
  package func makeFolder(_ path: String) throws { try attempt("create folder", path) { try base.makeFolder(path) } }
  package func names(in folder: String) throws -> [String] { try attempt("list folder", folder) { try base.names(in: folder) } }
  package func entries(in folder: String) throws -> FolderEntries { try attempt("list folder", folder) { try base.entries(in: folder) } }
  package func resolved(_ path: String) throws -> String? { try attempt("resolve", path) { try base.resolved(path) } }
  package func status(_ path: String) throws -> FileStatus? { try attempt("read the status of", path) { try base.status(path) } }
  package func lock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    try attempt("lock", path) { try base.lock(descriptor, offset: offset, length: length, path: path) }
  }
  package func unlock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws {
    try attempt("unlock", path) { try base.unlock(descriptor, offset: offset, length: length, path: path) }
  }
  package func identity(_ path: String) throws -> FileIdentity? { try attempt("read the status of", path) { try base.identity(path) } }
  package func isSymbolicLink(_ path: String) throws -> Bool { try attempt("read the status of", path) { try base.isSymbolicLink(path) } }
  package func isLocked(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    try attempt("lock", path) { try base.isLocked(descriptor, offset: offset, length: length, path: path) }
  }
  package func freeBytes(at path: String) throws -> Int64 { try attempt("ask", path) { try base.freeBytes(at: path) } }
  package func isNetworkFileSystem(_ path: String) throws -> Bool { try attempt("ask", path) { try base.isNetworkFileSystem(path) } }
}
