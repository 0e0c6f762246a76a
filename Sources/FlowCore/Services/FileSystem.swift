/// The file system calls of flowrun. Injected, so that tests can make the n-th call fail.
///
/// Every call blocks, so call it from a lane. Paths are passed to the system unchanged. Failures throw
/// `FileSystemError`.
package protocol FileSystem: Sendable {
  /// Opens a file and returns its descriptor.
  func open(_ path: String, _ mode: FileOpenMode) throws -> Int32
  /// Reads from the descriptor's position to the end; throws if there are more than `limitBytes`.
  func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8]
  /// Reads the next bytes from the descriptor's position, at most `limitBytes`; empty only at the end.
  func readNext(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8]
  /// Reads at most `count` bytes from `offset` on; fewer only at the end of the file, none beyond it.
  func readChunk(_ path: String, at offset: Int64, count: Int) throws -> [UInt8]
  /// Writes all bytes.
  func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws
  /// Makes sure that the first `bytes` bytes of an open file can be written when the disk is full. Neither size nor content changes, and closing the
  /// file or opening it for replacement may give the room back. Does nothing on a file system that cannot promise it.
  func reserve(_ bytes: Int64, in descriptor: Int32, path: String) throws
  /// Makes a file's data durable, or a folder's entries (fsync).
  func synchronize(_ descriptor: Int32, path: String) throws
  func close(_ descriptor: Int32)
  /// Atomically replaces `destination` with `source`.
  func rename(_ source: String, to destination: String) throws
  /// Atomically gives `source` another name; false, and nothing has changed, if something has that name.
  func renameExclusively(_ source: String, to destination: String) throws -> Bool
  func removeFile(_ path: String) throws
  /// Removes a folder and its contents; succeeds if it does not exist.
  func removeFolder(_ path: String) throws
  /// Removes an empty folder; false if it is not empty or does not exist. Never removes contents, even those created
  /// concurrently.
  func removeFolderIfEmpty(_ path: String) throws -> Bool
  /// Creates a folder and its missing parents with mode 0700; succeeds if it exists.
  func makeFolder(_ path: String) throws
  /// The names in a folder, sorted, excluding `.` and `..`.
  func names(in folder: String) throws -> [String]
  /// The same, with the names that are not UTF-8 apart: no path in text leads to their files.
  func entries(in folder: String) throws -> FolderEntries
  /// The path without links, `.` and `..`, from the root on (realpath); nil if there is nothing at it.
  func resolved(_ path: String) throws -> String?
  /// The status of the file at the path, following links; nil if it does not exist.
  func status(_ path: String) throws -> FileStatus?
  /// When the file's content last changed; nil if it does not exist, or on a file system that does not record it.
  func modificationTime(_ path: String) throws -> Instant?
  /// What tells the regular file at the path from every other one, and from itself before a change, without opening it. nil for anything else: no
  /// file, a folder, a link (not followed), and on a file system that does not record it.
  func identity(_ path: String) throws -> FileIdentity?
  /// Whether the path itself is a symbolic link (lstat); `status` follows links.
  func isSymbolicLink(_ path: String) throws -> Bool
  /// Takes an exclusive lock on `length` bytes from `offset` without waiting; false if another process or descriptor
  /// holds it. The lock belongs to the open file description (F_OFD_SETLK) and ends with `unlock` or `close`.
  func lock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool
  func unlock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws
  /// Whether another holder has a lock that overlaps the bytes; does not take a lock.
  func isLocked(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool
  /// Bytes available to unprivileged processes on the file system that holds `path`, or will hold it. Throws if it has no room of its own, as /proc.
  func freeBytes(at path: String) throws -> Int64
  /// Whether `path` is on a network file system, whose locks may not reach other hosts.
  func isNetworkFileSystem(_ path: String) throws -> Bool
}

package enum FileOpenMode: Sendable {
  case read
  /// Creates the file with the mode bits, or truncates it; write-only.
  case replace(mode: UInt32)
  /// Creates the file with the mode bits; fails if something has the name, be it a link that leads nowhere; write-only.
  case create(mode: UInt32)
  /// Creates the file with the mode bits if absent; read and write.
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

/// The place and the times of a regular file. Two equal ones are of the same file with the same content.
package struct FileIdentity: Sendable, Hashable {
  package var device: UInt64
  package var inode: UInt64
  package var sizeBytes: Int64
  /// When the content was last changed, in nanoseconds since 1970.
  package var modified: Int64
  /// When content, name or mode was last changed, in nanoseconds since 1970. Nobody can set it back.
  package var changed: Int64

  package init(device: UInt64, inode: UInt64, sizeBytes: Int64, modified: Int64, changed: Int64) {
    self.device = device
    self.inode = inode
    self.sizeBytes = sizeBytes
    self.modified = modified
    self.changed = changed
  }
}

/// The names in a folder, sorted, without `.` and `..`.
package struct FolderEntries: Sendable, Equatable {
  package var names: [String]
  /// Names that are not UTF-8, to be shown: bytes other than ASCII are written as `\xE9`.
  package var undecodable: [String]

  package init(names: [String], undecodable: [String] = []) {
    self.names = names
    self.undecodable = undecodable
  }
}

extension FileSystem {
  /// Keeps the folder, for implementations without this call.
  package func removeFolderIfEmpty(_ path: String) throws -> Bool { false }
  /// For implementations that only read whole files.
  package func readNext(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    throw FileSystemError(operation: "read", path: path, errno: 38, reason: "this file system reads whole files only")
  }
  /// For implementations without this call.
  package func renameExclusively(_ source: String, to destination: String) throws -> Bool {
    throw FileSystemError(operation: "rename to \(destination)", path: source, errno: 38, reason: "this file system cannot rename exclusively")
  }
  /// For file systems that cannot promise room.
  package func reserve(_ bytes: Int64, in descriptor: Int32, path: String) throws {}
  /// For file systems without times, such as those in memory.
  package func modificationTime(_ path: String) throws -> Instant? { nil }
  /// For file systems without identities, such as those in memory: every file may have changed.
  package func identity(_ path: String) throws -> FileIdentity? { nil }
  /// For file systems without links, such as those in memory.
  package func isSymbolicLink(_ path: String) throws -> Bool { false }
  /// For file systems whose names are texts, such as those in memory.
  package func entries(in folder: String) throws -> FolderEntries { FolderEntries(names: try names(in: folder)) }
  /// For file systems without links, such as those in memory: the current folder is their root.
  package func resolved(_ path: String) throws -> String? {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." { if part == ".." { _ = parts.popLast() } else { parts.append(part) } }
    return "/" + parts.joined(separator: "/")
  }
  /// For file systems that cannot query locks.
  package func isLocked(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool { false }

  /// For implementations without this call: reads the whole file.
  package func readChunk(_ path: String, at offset: Int64, count: Int) throws -> [UInt8] {
    let bytes = try read(path, limitBytes: .max)
    guard offset < bytes.count else { return [] }
    return Array(bytes[Int(offset)..<min(bytes.count, Int(offset) + count)])
  }
  /// Locks the first byte of a file: whoever writes it says so to those that look for leftovers. False if another process holds the lock; true also
  /// where the file system has no locks, because nobody takes a file for a leftover there.
  package func lockIfPossible(_ descriptor: Int32, path: String) throws -> Bool {
    do {
      return try lock(descriptor, offset: 0, length: 1, path: path)
    } catch let error as FileSystemError where error.hasNoLocks {
      return true
    }
  }

  /// Reads a whole file.
  package func read(_ path: String, limitBytes: Int = 64 << 20) throws -> [UInt8] {
    let descriptor = try open(path, .read)
    defer { close(descriptor) }
    return try readAll(descriptor, path: path, limitBytes: limitBytes)
  }

  /// Writes a file and makes its data durable (write, fsync). Truncates an existing file.
  package func writeDurably(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600) throws {
    let descriptor = try open(path, .replace(mode: mode))
    defer { close(descriptor) }
    try write(bytes, to: descriptor, path: path)
    try synchronize(descriptor, path: path)
  }

  /// Writes a new file and makes its data durable (write, fsync). Throws if something has the name, and removes what it could not write whole.
  package func createDurably(_ bytes: [UInt8], at path: String, mode: UInt32 = 0o600) throws {
    let descriptor = try open(path, .create(mode: mode))
    defer { close(descriptor) }
    do {
      try write(bytes, to: descriptor, path: path)
      try synchronize(descriptor, path: path)
    } catch {
      // The reason is what stopped the writing; that the rest stays as well adds nothing to it.
      try? removeFile(path)
      throw error
    }
  }

  /// Makes a folder's entries durable.
  package func synchronizeFolder(_ path: String) throws {
    let descriptor = try open(path, .folder)
    defer { close(descriptor) }
    try synchronize(descriptor, path: path)
  }

  /// Creates a folder and its missing parents, each durable in its parent. Existing folders are left alone.
  package func makeFolderDurably(_ path: String) throws {
    guard try status(path)?.isFolder != true else { return }
    let slash = path.lastIndex(of: "/")
    let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    if parent != path { try makeFolderDurably(parent) }
    try makeFolder(path)
    try synchronizeFolder(parent)
  }

  /// Atomically and durably replaces a file: temporary file, fsync, rename, fsync of the folder. On failure, the old
  /// file is unchanged; the temporary file may remain and is overwritten by the next try.
  package func replaceDurably(_ path: String, with bytes: [UInt8], temporary: String, mode: UInt32 = 0o600) throws {
    try writeDurably(bytes, to: temporary, mode: mode)
    try rename(temporary, to: path)
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    try synchronizeFolder(folder.isEmpty ? "/" : folder)
  }
}
