/// The file system calls that flowrun makes. Injected, so that a test can make the n-th one fail.
///
/// Every call blocks: call it from a lane. Paths are as the system takes them. Failures throw `FileSystemError`.
package protocol FileSystem: Sendable {
  /// Opens a file and returns its descriptor.
  func open(_ path: String, _ mode: FileOpenMode) throws -> Int32
  /// Reads everything from the descriptor's position to its end, `limitBytes` at most; more is an error.
  func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8]
  /// Writes all bytes.
  func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws
  /// Makes what was written durable. Of a folder: makes its entries durable.
  func synchronize(_ descriptor: Int32, path: String) throws
  func close(_ descriptor: Int32)
  /// Replaces `destination` by `source`, atomically.
  func rename(_ source: String, to destination: String) throws
  func removeFile(_ path: String) throws
  /// Removes a folder with all that is in it; no error when it is not there.
  func removeFolder(_ path: String) throws
  /// Removes a folder if nothing is in it; false if something is, or if it is not there. Never takes content along, whoever writes meanwhile.
  func removeFolderIfEmpty(_ path: String) throws -> Bool
  /// Makes a folder and its missing parents, mode 0700; no error when it is there.
  func makeFolder(_ path: String) throws
  /// The names in a folder, sorted, without `.` and `..`.
  func names(in folder: String) throws -> [String]
  /// What is at the path; nil if nothing.
  func status(_ path: String) throws -> FileStatus?
  /// Whether a symbolic link stands at the path itself (lstat); `status` looks through it.
  func isSymbolicLink(_ path: String) throws -> Bool
  /// Takes an exclusive lock on `length` bytes from `offset`, without waiting; false if another process or descriptor has it.
  /// Belongs to the open file description (F_OFD_SETLK), ends with `unlock` or `close`.
  func lock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool
  func unlock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws
  /// Whether somebody else has a lock that touches the bytes; takes none.
  func isLocked(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool
  /// Bytes that a process without privileges may still write on the file system that holds `path`.
  func freeBytes(at path: String) throws -> Int64
  /// The kind of file system that holds `path`.
  func isNetworkFileSystem(_ path: String) throws -> Bool
}

package enum FileOpenMode: Sendable {
  case read
  /// Creates with the mode bits or truncates; write only.
  case replace(mode: UInt32)
  /// Creates if absent with the mode bits; read and write.
  case readWrite(mode: UInt32)
  case folder
}

package struct FileStatus: Sendable, Equatable {
  package var isFolder: Bool
  package var isRegularFile: Bool
  package var sizeBytes: Int64
  package var mode: UInt32

  package init(isFolder: Bool, isRegularFile: Bool, sizeBytes: Int64, mode: UInt32) {
    self.isFolder = isFolder
    self.isRegularFile = isRegularFile
    self.sizeBytes = sizeBytes
    self.mode = mode
  }
}

/// A failed call: which one, on what, and the system's reason.
package struct FileSystemError: Error, Sendable, Equatable, CustomStringConvertible {
  package var operation: String
  package var path: String
  package var errno: Int32
  package var reason: String

  package init(operation: String, path: String, errno: Int32, reason: String) {
    self.operation = operation
    self.path = path
    self.errno = errno
    self.reason = reason
  }

  package var description: String { "cannot \(operation) \(path): \(reason)" }
}

extension FileSystem {
  /// A file system without the call keeps its empty folders.
  package func removeFolderIfEmpty(_ path: String) throws -> Bool { false }
  /// For file systems that have no links, as those in memory.
  package func isSymbolicLink(_ path: String) throws -> Bool { false }
  /// For file systems that cannot tell.
  package func isLocked(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool { false }

  /// The whole file.
  package func read(_ path: String, limitBytes: Int = 64 << 20) throws -> [UInt8] {
    let descriptor = try open(path, .read)
    defer { close(descriptor) }
    return try readAll(descriptor, path: path, limitBytes: limitBytes)
  }

  /// Writes a new file and makes it durable (write, fsync). An existing one is truncated.
  package func writeDurably(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600) throws {
    let descriptor = try open(path, .replace(mode: mode))
    defer { close(descriptor) }
    try write(bytes, to: descriptor, path: path)
    try synchronize(descriptor, path: path)
  }

  /// Makes the entries of a folder durable.
  package func synchronizeFolder(_ path: String) throws {
    let descriptor = try open(path, .folder)
    defer { close(descriptor) }
    try synchronize(descriptor, path: path)
  }

  /// Replaces a file atomically and durably: temporary file, fsync, rename, fsync of the folder.
  /// On failure the old file stands as it was; the temporary one may remain and is overwritten by the next try.
  package func replaceDurably(_ path: String, with bytes: [UInt8], temporary: String, mode: UInt32 = 0o600) throws {
    try writeDurably(bytes, to: temporary, mode: mode)
    try rename(temporary, to: path)
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    try synchronizeFolder(folder.isEmpty ? "/" : folder)
  }
}
