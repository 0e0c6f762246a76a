import FlowCore

/// The blocking half of `FolderStorage`.
///
/// An object is written under a temporary name in its folder, made durable, and given its own name, in place of what has it if that is to be
/// replaced. So an object is whole or absent, the old one or the new one. A lock on the temporary file says that it is in use; one that nobody
/// holds was left behind by a crash, and the first write into its folder removes it.
struct ObjectFolder: Sendable {
  /// What this process knows of the folders below the root.
  private struct Known {
    /// Their names, and those above them up to the root, are durable. By bytes: texts that are equal to Swift may be two folders.
    var durable: Set<[UInt8]> = []
    var cleared: Set<[UInt8]> = []
  }

  enum Writing: Sendable {
    /// What is there stays; other bytes than these are a conflict.
    case new
    /// Takes the place of what is there.
    case replacement
  }

  /// How often a temporary file may be lost to others before a write gives up.
  private static let tryLimit = 3

  let root: String
  let fileSystem: any FileSystem
  let random: any RandomSource
  private let known = Locked(Known())

  init(root: String, fileSystem: any FileSystem, random: any RandomSource) {
    self.root = root
    self.fileSystem = fileSystem
    self.random = random
  }

  // MARK: Writing

  func write(_ key: String, from source: ObjectSource, sha256: [UInt8], _ kind: Writing) throws {
    let path = path(key), folder = Self.parent(of: path)
    for _ in 0..<Self.tryLimit {
      try makeDurable(folder)
      switch kind {
      case .new: if try holds(key, sha256) { return try makeDurable(object: path, in: folder) }
      case .replacement: try checkIsFile(key, try fileSystem.status(path))
      }
      try clear(folder)
      switch try write(source, as: path, in: folder, sha256, kind) {
      case .written: return try fileSystem.synchronizeFolder(folder)
      // Another process was faster: the next round compares.
      case .taken: continue
      case .lost: known.withLock { $0 = Known() }
      }
    }
    throw ObjectStorageError(.disk, "cannot write '\(key)' to \(root): others removed its unfinished file \(Self.tryLimit) times; try again")
  }

  private enum Outcome { case written, taken, lost }

  private func write(_ source: ObjectSource, as path: String, in folder: String, _ sha256: [UInt8], _ kind: Writing) throws -> Outcome {
    let temporary = "\(folder)/\(ObjectKey.temporaryPrefix)\(Hexadecimal.text(random.next(), width: 16))"
    // Of another process with the same random numbers, as in a simulation.
    guard try fileSystem.status(temporary) == nil else { return .lost }
    var isMine = true
    do {
      let descriptor = try fileSystem.open(temporary, .readWrite(mode: 0o600))
      defer { fileSystem.close(descriptor) }
      guard mayUse(descriptor, temporary) else {
        isMine = false
        return .lost
      }
      let found = try fileSystem.sha256(of: source) { try fileSystem.write($0, to: descriptor, path: temporary) }
      guard found == sha256 else { throw ObjectStorageError.otherBytes(source.name, found, expected: sha256) }
      try fileSystem.synchronize(descriptor, path: temporary)
      if kind == .replacement {
        try fileSystem.rename(temporary, to: path)
        return .written
      }
      if try fileSystem.renameExclusively(temporary, to: path) { return .written }
      try fileSystem.removeFile(temporary)
      return .taken
    } catch let error as FileSystemError where error.isNotThere && fileSystem.isGone(.file(temporary)) && !fileSystem.isGone(source) {
      return .lost
    } catch {
      // The first error counts. What cannot be removed now is a leftover, and the next process removes it.
      if isMine { _ = try? fileSystem.removeFile(temporary) }
      throw error
    }
  }

  /// Whether the temporary file is this writer's. Where the file system has no locks, nobody takes a file for a leftover either.
  private func mayUse(_ descriptor: Int32, _ path: String) -> Bool {
    do { return try fileSystem.lock(descriptor, offset: 0, length: 1, path: path) } catch { return true }
  }

  // MARK: What is there

  /// Whether the key holds the bytes with the digest. Throws `.conflict` if it holds others.
  private func holds(_ key: String, _ sha256: [UInt8]) throws -> Bool {
    let path = path(key)
    guard let status = try fileSystem.status(path) else { return false }
    try checkIsFile(key, status)
    let found = try fileSystem.sha256(of: path)
    guard found == sha256 else {
      throw ObjectStorageError.conflict(key, in: root, "\(status.sizeBytes) bytes with the SHA-256 \(Hexadecimal.text(found))")
    }
    return true
  }

  /// Throws `.conflict` for what is no file, and so no object.
  private func checkIsFile(_ key: String, _ status: FileStatus?) throws {
    guard let status, !status.isRegularFile else { return }
    throw ObjectStorageError.conflict(key, in: root, status.isFolder ? "a folder" : "no regular file")
  }

  /// The path of an object. Throws `.notFound`.
  func existing(_ key: String) throws -> String {
    let path = path(key)
    guard try fileSystem.status(path)?.isRegularFile == true else { throw ObjectStorageError.notFound(key, in: root) }
    return path
  }

  func list(_ prefix: String) throws -> [StoredObject] {
    var objects: [StoredObject] = []
    try list(ObjectKey.parent(of: prefix) ?? "", prefix, &objects)
    return objects.sorted { ObjectKey.isBefore($0.key, $1.key) }
  }

  private func list(_ parentKey: String, _ prefix: String, _ objects: inout [StoredObject]) throws {
    let folder = path(parentKey)
    guard try fileSystem.status(folder)?.isFolder == true else { return }
    for name in try fileSystem.names(in: folder) {
      let key = ObjectKey.joined(parentKey, name)
      // A name that is no key's was put there by something else. Links are followed; in one to a folder above, the system soon finds a circle.
      guard key.utf8.starts(with: prefix.utf8), ObjectKey.problem(key) == nil, let status = try fileSystem.status(path(key)) else { continue }
      if status.isFolder { try list(key, prefix, &objects) }
      if status.isRegularFile { objects.append(StoredObject(key: key, sizeBytes: status.sizeBytes)) }
    }
  }

  // MARK: Removing

  func remove(_ key: String) throws {
    let path = path(key), folder = Self.parent(of: path)
    guard try fileSystem.status(folder)?.isFolder == true else { return }
    if try fileSystem.status(path)?.isRegularFile == true {
      do {
        try fileSystem.removeFile(path)
      } catch let error as FileSystemError where error.isNotThere {
        // Another process has removed it meanwhile.
      }
    }
    // Also if it was gone already: whoever removed it may have failed before this.
    try fileSystem.synchronizeFolder(folder)
  }

  /// Removes unfinished files that nobody writes any more, once for each folder.
  private func clear(_ folder: String) throws {
    guard !known.withLock({ $0.cleared.contains(Array(folder.utf8)) }) else { return }
    for name in try fileSystem.names(in: folder) where name.hasPrefix(ObjectKey.temporaryPrefix) {
      let path = "\(folder)/\(name)"
      do {
        let descriptor = try fileSystem.open(path, .readWrite(mode: 0o600))
        defer { fileSystem.close(descriptor) }
        if try fileSystem.lock(descriptor, offset: 0, length: 1, path: path) { try fileSystem.removeFile(path) }
      } catch is FileSystemError {
        // It is in use, or of another user. It does no harm, and this object can be written all the same.
      }
    }
    known.withLock { _ = $0.cleared.insert(Array(folder.utf8)) }
  }

  // MARK: Durable names

  /// Creates a folder below the root if it is missing, and makes its name and those above it durable, whoever created them.
  private func makeDurable(_ folder: String) throws {
    guard !known.withLock({ $0.durable.contains(Array(folder.utf8)) }) else { return }
    if folder.utf8.elementsEqual(root.utf8) {
      try makeRootDurable()
    } else {
      let above = Self.parent(of: folder)
      try makeDurable(above)
      try fileSystem.makeFolder(folder)
      try fileSystem.synchronizeFolder(above)
    }
    known.withLock { _ = $0.durable.insert(Array(folder.utf8)) }
  }

  private func makeRootDurable() throws {
    guard try fileSystem.status(root)?.isFolder == true else { return try fileSystem.makeFolderDurably(root) }
    do {
      try fileSystem.synchronizeFolder(Self.parent(of: root))
    } catch let error as FileSystemError where error.errno == 1 || error.errno == 13 {
      // The folder above is not this user's to read. So this process has not created the root there.
    }
  }

  private func makeDurable(object path: String, in folder: String) throws {
    let descriptor = try fileSystem.open(path, .read)
    defer { fileSystem.close(descriptor) }
    try fileSystem.synchronize(descriptor, path: path)
    try fileSystem.synchronizeFolder(folder)
  }

  // MARK: Paths

  private func path(_ key: String) -> String { key.isEmpty ? root : root.hasSuffix("/") ? root + key : "\(root)/\(key)" }

  private static func parent(of path: String) -> String {
    guard let folder = ObjectKey.parent(of: path) else { return "." }
    return folder.isEmpty ? "/" : folder
  }
}
