import CPosix
import FlowCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The machine's file system. Every call blocks. Interrupted calls are resumed, partial ones completed; descriptors are
/// closed on exec.
package struct POSIXFileSystem: FileSystem {
  /// The timeout for a pipe whose writer stays silent: it must not block a lane forever.
  private let silenceLimitMilliseconds: Int32

  package init(silenceLimitMilliseconds: Int32 = 60_000) { self.silenceLimitMilliseconds = silenceLimitMilliseconds }

  // MARK: Descriptors

  package func open(_ path: String, _ mode: FileOpenMode) throws -> Int32 {
    switch mode {
    case .read:
      // O_NONBLOCK: opening a pipe in place of a file must not block the lane until it has a writer. It has no effect
      // on files.
      try open("open", path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
    case .replace(let bits): try openForReplacement(path, bits)
    case .create(let bits): try open("create", path, O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY, bits)
    case .readWrite(let bits): try open("open", path, O_RDWR | O_CREAT | O_NOCTTY, bits)
    case .folder: try open("open folder", path, O_RDONLY | O_DIRECTORY)
    }
  }

  package func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let piece = try read(descriptor, path)
      if piece.isEmpty { return bytes }
      bytes += piece
      guard bytes.count <= limitBytes else {
        throw FileSystemError(
          operation: "read", path: path, errno: EFBIG, reason: "larger than the limit of \(limitBytes) bytes")
      }
    }
  }

  package func readChunk(_ path: String, at offset: Int64, count: Int) throws -> [UInt8] {
    let descriptor = try open(path, .read)
    defer { close(descriptor) }
    var failure: Int32 = 0
    let chunk = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let taken = pread(descriptor, buffer.baseAddress?.advanced(by: filled), count - filled, off_t(offset) + off_t(filled))
        if taken > 0 { filled += taken } else if taken == 0 { return } else if errno != EINTR {
          failure = errno
          return
        }
      }
    }
    if failure != 0 { throw FileSystemError("read", path, failure) }
    return chunk
  }

  package func readNext(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    try read(descriptor, path, atMost: limitBytes)
  }

  package func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
    try bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: rest))
        if count > 0 { rest = rest.dropFirst(count) } else if count == 0 || errno != EINTR { throw FileSystemError.last("write", path) }
      }
    }
  }

  package func reserve(_ bytes: Int64, in descriptor: Int32, path: String) throws {
    guard cposix_reserve(descriptor, bytes) == 0 else { throw FileSystemError.last("reserve room in", path) }
  }

  package func synchronize(_ descriptor: Int32, path: String) throws {
    while systemSynchronize(descriptor) != 0 {
      // EINVAL: fsync(2) does not support this kind of file; some file systems do not support it for folders and offer
      // no alternative.
      if errno == EINVAL { return }
      if errno != EINTR { throw FileSystemError.last("fsync", path) }
    }
  }

  /// close(2) releases the descriptor even if it fails; data that must be durable was synchronized before.
  package func close(_ descriptor: Int32) { _ = systemClose(descriptor) }

  // MARK: Paths

  package func rename(_ source: String, to destination: String) throws {
    try checkPath(source, "rename")
    try checkPath(destination, "rename to")
    guard systemRename(source, destination) == 0 else { throw FileSystemError.last("rename to \(destination)", source) }
  }

  package func renameExclusively(_ source: String, to destination: String) throws -> Bool {
    try checkPath(source, "rename")
    try checkPath(destination, "rename to")
    if cposix_rename_exclusively(source, destination) == 0 { return true }
    // ENOTEMPTY: a folder of that name.
    if errno == EEXIST || errno == ENOTEMPTY { return false }
    throw FileSystemError.last("rename to \(destination)", source)
  }

  package func removeFile(_ path: String) throws {
    try checkPath(path, "remove")
    guard unlink(path) == 0 else { throw FileSystemError.last("remove", path) }
  }

  package func removeFolder(_ path: String) throws {
    try checkPath(path, "remove folder")
    guard let status = systemStatus(path, followsLinks: false) else {
      if errno == ENOENT || errno == ENOTDIR { return }
      throw FileSystemError.last("remove folder", path)
    }
    // Remove a link without following it: its target is not ours.
    guard status.st_mode & S_IFMT == S_IFDIR else { return try removeFile(path) }
    for name in try names(in: path) { try removeFolder("\(path)/\(name)") }
    // ENOENT: another process has removed it meanwhile.
    guard rmdir(path) == 0 || errno == ENOENT else { throw FileSystemError.last("remove folder", path) }
  }

  package func removeFolderIfEmpty(_ path: String) throws -> Bool {
    try checkPath(path, "remove folder")
    if rmdir(path) == 0 { return true }
    if [ENOTEMPTY, EEXIST, ENOENT].contains(errno) { return false }
    throw FileSystemError.last("remove folder", path)
  }

  package func makeFolder(_ path: String) throws {
    try checkPath(path, "create folder")
    if mkdir(path, 0o700) == 0 { return }
    switch errno {
    case EEXIST:
      guard try status(path)?.isFolder == true else { throw FileSystemError("create folder", path, ENOTDIR) }
    case ENOENT where parent(of: path) != path:
      try makeFolder(parent(of: path))
      // EEXIST: another process has created it meanwhile.
      guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileSystemError.last("create folder", path) }
    default: throw FileSystemError.last("create folder", path)
    }
  }

  package func names(in folder: String) throws -> [String] {
    try list(folder).map { String(decoding: $0, as: UTF8.self) }.sorted()
  }

  package func entries(in folder: String) throws -> FolderEntries {
    var entries = FolderEntries(names: [])
    for name in try list(folder) {
      if let text = String(validating: name, as: UTF8.self) { entries.names.append(text) } else { entries.undecodable.append(Self.shown(name)) }
    }
    entries.names.sort()
    entries.undecodable.sort()
    return entries
  }

  private func list(_ folder: String) throws -> [[UInt8]] {
    try checkPath(folder, "list folder")
    guard let names = systemNames(folder) else { throw FileSystemError.last("list folder", folder) }
    return names
  }

  private static func shown(_ name: [UInt8]) -> String {
    name.map { (0x20..<0x7F).contains($0) ? String(Unicode.Scalar($0)) : "\\x" + Hexadecimal.text($0, width: 2, uppercase: true) }.joined()
  }

  package func resolved(_ path: String) throws -> String? {
    try checkPath(path, "resolve")
    if let resolved = systemResolved(path) { return resolved }
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw FileSystemError.last("resolve", path)
  }

  package func isSymbolicLink(_ path: String) throws -> Bool {
    try checkPath(path, "read the status of")
    if let status = systemStatus(path, followsLinks: false) { return status.st_mode & S_IFMT == S_IFLNK }
    if errno == ENOENT || errno == ENOTDIR { return false }
    throw FileSystemError.last("read the status of", path)
  }

  /// Follows links.
  package func status(_ path: String) throws -> FileStatus? {
    try checkPath(path, "read the status of")
    guard let status = systemStatus(path, followsLinks: true) else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw FileSystemError.last("read the status of", path)
    }
    let kind = status.st_mode & S_IFMT
    return FileStatus(
      isFolder: kind == S_IFDIR, isRegularFile: kind == S_IFREG, sizeBytes: Int64(status.st_size),
      mode: UInt32(status.st_mode & 0o7777))
  }

  package func modificationTime(_ path: String) throws -> Instant? {
    try checkPath(path, "read the status of")
    guard let status = systemStatus(path, followsLinks: true) else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw FileSystemError.last("read the status of", path)
    }
    return Instant(milliseconds: status.modifiedNanoseconds.flooredDivision(by: 1_000_000))
  }

  package func identity(_ path: String) throws -> FileIdentity? {
    try checkPath(path, "read the status of")
    guard let status = systemStatus(path, followsLinks: false) else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw FileSystemError.last("read the status of", path)
    }
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    return FileIdentity(
      device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(status.st_ino), sizeBytes: Int64(status.st_size), modified: status.modifiedNanoseconds,
      changed: status.changedNanoseconds)
  }

  // MARK: Locks

  package func lock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    if cposix_lock_range(descriptor, true, offset, length) == 0 { return true }
    // POSIX allows either error for a range that is locked by another descriptor or process.
    if errno == EAGAIN || errno == EACCES { return false }
    throw FileSystemError.last("lock", path)
  }

  package func unlock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws {
    guard cposix_lock_range(descriptor, false, offset, length) == 0 else { throw FileSystemError.last("unlock", path) }
  }

  package func isLocked(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    let answer = cposix_is_range_locked(descriptor, offset, length)
    guard answer >= 0 else { throw FileSystemError.last("query locks on", path) }
    return answer == 1
  }

  // MARK: The file system as such

  /// For a path that does not exist, queries the nearest existing parent.
  package func freeBytes(at path: String) throws -> Int64 {
    let existing = try nearestExisting(path)
    let bytes = cposix_free_bytes(existing)
    guard bytes >= 0 else { throw FileSystemError.last("query the free space of", existing) }
    return bytes
  }

  /// For a path that does not exist, queries the nearest existing parent.
  package func isNetworkFileSystem(_ path: String) throws -> Bool {
    let existing = try nearestExisting(path)
    let answer = cposix_is_network_file_system(existing)
    guard answer >= 0 else { throw FileSystemError.last("query the file system type of", existing) }
    return answer == 1
  }
}

extension POSIXFileSystem {
  private func open(_ operation: String, _ path: String, _ flags: Int32, _ mode: UInt32 = 0) throws -> Int32 {
    try checkPath(path, operation)
    while true {
      let descriptor = systemOpen(path, flags | O_CLOEXEC, mode)
      if descriptor >= 0 { return descriptor }
      if errno != EINTR { throw FileSystemError.last(operation, path) }
    }
  }

  /// Truncating an existing file keeps its mode, so excess permission bits are removed before anything is written.
  private func openForReplacement(_ path: String, _ mode: UInt32) throws -> Int32 {
    // O_NONBLOCK: opening a pipe for writing would wait for a reader.
    let descriptor = try open("open for writing", path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_NONBLOCK, mode)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = FileSystemError.last("read the status of", path)
      close(descriptor)
      throw error
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileSystemError(operation: "open for writing", path: path, errno: EINVAL, reason: "it is not a regular file")
    }
    let surplus = UInt32(status.st_mode & 0o777) & ~mode
    // EPERM, ENOTSUP: the file system gives all files the same mode, so there is nothing to remove.
    guard surplus == 0 || fchmod(descriptor, mode_t(mode)) == 0 || errno == EPERM || errno == ENOTSUP else {
      let error = FileSystemError.last("change the mode of", path)
      close(descriptor)
      throw error
    }
    return descriptor
  }

  /// The next bytes; empty at the end.
  private func read(_ descriptor: Int32, _ path: String, atMost limit: Int = 64 << 10) throws -> [UInt8] {
    while true {
      var failure: Int32 = 0
      let piece = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
        let taken = systemRead(descriptor, UnsafeMutableRawBufferPointer(buffer))
        failure = taken < 0 ? errno : 0
        count = max(taken, 0)
      }
      switch failure {
      case 0: return piece
      case EINTR: continue
      case EAGAIN:
        // A pipe whose writer has not written yet (process substitution in a shell).
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        if poll(&waiting, 1, silenceLimitMilliseconds) == 0 { throw FileSystemError("read", path, ETIMEDOUT) }
      default: throw FileSystemError("read", path, failure)
      }
    }
  }

  /// Rejects empty paths and NUL bytes, at which the system would end the path.
  private func checkPath(_ path: String, _ operation: String) throws {
    if path.isEmpty || path.utf8.contains(0) { throw FileSystemError(operation, path, EINVAL) }
  }

  private func nearestExisting(_ path: String) throws -> String {
    var candidate = path
    while try status(candidate) == nil, parent(of: candidate) != candidate { candidate = parent(of: candidate) }
    return candidate
  }
}

/// The parent folder of `path`; `/` and `.` are their own parents.
package func parent(of path: String) -> String {
  let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  guard let slash = trimmed.lastIndex(of: "/") else { return "." }
  return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
}

extension stat {
  #if canImport(Darwin)
    private var modifiedTime: timespec { st_mtimespec }
    private var changedTime: timespec { st_ctimespec }
  #else
    private var modifiedTime: timespec { st_mtim }
    private var changedTime: timespec { st_ctim }
  #endif

  /// Since 1970.
  fileprivate var modifiedNanoseconds: Int64 { Int64(modifiedTime.tv_sec) * 1_000_000_000 + Int64(modifiedTime.tv_nsec) }
  fileprivate var changedNanoseconds: Int64 { Int64(changedTime.tv_sec) * 1_000_000_000 + Int64(changedTime.tv_nsec) }
}
