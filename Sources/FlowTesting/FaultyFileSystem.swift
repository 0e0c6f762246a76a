import FlowCore

/// A file system whose calls pass a fault plan first: boundaries `file.open`, `file.read`, `file.write`, `file.synchronize`,
/// `file.rename`, `file.remove`, `file.makeFolder`, `file.names`, `file.status`, `file.lock`.
package struct FaultyFileSystem: FileSystem {
  private let base: any FileSystem
  private let faults: FaultPlan

  package init(_ base: any FileSystem, faults: FaultPlan) {
    self.base = base
    self.faults = faults
  }

  package func open(_ path: String, _ mode: FileOpenMode) throws -> Int32 {
    try faults.pass("file.open")
    return try base.open(path, mode)
  }
  package func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    try faults.pass("file.read")
    return try base.readAll(descriptor, path: path, limitBytes: limitBytes)
  }
  package func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
    try faults.pass("file.write")
    try base.write(bytes, to: descriptor, path: path)
  }
  package func synchronize(_ descriptor: Int32, path: String) throws {
    try faults.pass("file.synchronize")
    try base.synchronize(descriptor, path: path)
  }
  package func close(_ descriptor: Int32) { base.close(descriptor) }
  package func rename(_ source: String, to destination: String) throws {
    try faults.pass("file.rename")
    try base.rename(source, to: destination)
  }
  package func removeFile(_ path: String) throws {
    try faults.pass("file.remove")
    try base.removeFile(path)
  }
  package func removeFolder(_ path: String) throws {
    try faults.pass("file.remove")
    try base.removeFolder(path)
  }
  package func removeFolderIfEmpty(_ path: String) throws -> Bool {
    try faults.pass("file.remove")
    return try base.removeFolderIfEmpty(path)
  }
  package func makeFolder(_ path: String) throws {
    try faults.pass("file.makeFolder")
    try base.makeFolder(path)
  }
  package func names(in folder: String) throws -> [String] {
    try faults.pass("file.names")
    return try base.names(in: folder)
  }
  package func status(_ path: String) throws -> FileStatus? {
    try faults.pass("file.status")
    return try base.status(path)
  }
  package func isSymbolicLink(_ path: String) throws -> Bool {
    try faults.pass("file.status")
    return try base.isSymbolicLink(path)
  }
  package func lock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    try faults.pass("file.lock")
    return try base.lock(descriptor, offset: offset, length: length, path: path)
  }
  package func unlock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws {
    try base.unlock(descriptor, offset: offset, length: length, path: path)
  }
  package func isLocked(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    try faults.pass("file.lock")
    return try base.isLocked(descriptor, offset: offset, length: length, path: path)
  }
  package func freeBytes(at path: String) throws -> Int64 { try base.freeBytes(at: path) }
  package func isNetworkFileSystem(_ path: String) throws -> Bool { try base.isNetworkFileSystem(path) }
}
