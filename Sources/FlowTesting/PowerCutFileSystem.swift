import FlowCore
import FlowFileSystem

/// A file system that can be reset to its durable state.
///
/// Every call is forwarded to `base`, below one folder. The changes that a power cut may undo are tracked: file data
/// since the file's last fsync, and names created, renamed and removed since the last fsync of their folder. `cutPower`
/// puts the folder into a random state that POSIX allows: of each folder's changes a prefix survives, and of each
/// file's data the old content, the new content or a prefix of it.
///
/// A database engine writes its files itself. They are as they were when the power failed, not as closing a connection
/// later leaves them, and of a write-ahead log only what is known to have been synchronised is certain (`DurableLog`).
package final class PowerCutFileSystem: FileSystem {
  private let base: any FileSystem
  private let root: String
  private let state: Locked<DurableTree>
  /// The descriptors that are open.
  private let openNow = Locked<Set<Int32>>([])
  private let databases: Locked<DurableDatabases>
  private let ignoresLogs: Bool

  /// Existing content of `root` counts as durable.
  /// - Parameter ignoresLogs: an fsync of a database's write-ahead log has no effect, as if it had been forgotten.
  package init(_ base: any FileSystem, root: String, ignoresLogs: Bool = false) throws {
    self.ignoresLogs = ignoresLogs
    self.base = base
    self.root = root
    var tree = DurableTree()
    try Self.load(base, root, into: &tree, DurableTree.root)
    state = Locked(tree)
    databases = Locked(try DurableDatabases(base, root: root))
  }

  private static func load(
    _ base: any FileSystem, _ folder: String, into tree: inout DurableTree, _ node: Int
  ) throws {
    for name in try base.names(in: folder) where !DurableDatabases.holds(name) {
      let path = "\(folder)/\(name)"
      guard let status = try base.status(path) else { continue }
      let child = tree.addDurable(name, to: node, isFolder: status.isFolder, bytes: status.isFolder ? [] : try base.read(path), mode: status.mode)
      if status.isFolder { try load(base, path, into: &tree, child) }
    }
  }

  /// Makes the power fail at a call of the plan: it and all later ones fail, and the files of databases are kept as they are
  /// then.
  package func losePower(at call: Int, of faults: FaultPlan) {
    faults.fail(call: call, .always, with: PowerCut.error)
    faults.whenFirstFired { [self] in try losePower() }
  }

  private func losePower() throws { try databases.withLock { try $0.losePower() } }

  /// Resets the folder to what the next boot finds. No other call may be in progress.
  package func cutPower(seed: UInt64) throws {
    let dice = SeededRandomSource(seed: seed)
    try losePower()
    // The programs that had them are gone.
    for descriptor in openNow.withLock({ open in
      defer { open = [] }
      return open
    }) { base.close(descriptor) }
    let tree = try state.withLock { tree in try tree.crash(dice) { try base.read(root + "/" + $0) } }
    let kept = databases.withLock { $0.crash(dice) }
    for name in try base.names(in: root) { try clear(root + "/" + name) }
    for file in tree {
      let path = root + "/" + file.path
      if file.isFolder { try base.makeFolder(path) } else { try base.writeDurably(file.bytes, to: path, mode: file.mode) }
    }
    for (path, bytes) in kept.sorted(by: { $0.key < $1.key }) where try base.status(parent(of: path))?.isFolder == true {
      try base.writeDurably(bytes, to: path)
    }
  }

  private func clear(_ path: String) throws {
    guard try base.status(path)?.isFolder == true else { return try base.removeFile(path) }
    for name in try base.names(in: path) { try clear("\(path)/\(name)") }
    _ = try base.removeFolderIfEmpty(path)
  }

  /// The path relative to the root; nil if it is not tracked.
  private func watched(_ path: String) -> String? {
    if path == root { return "" }
    guard path.hasPrefix(root + "/"), !DurableDatabases.holds(path) else { return nil }
    return String(path.dropFirst(root.count + 1))
  }

  // MARK: Calls that change something

  package func open(_ path: String, _ mode: FileOpenMode) throws -> Int32 {
    let descriptor = try base.open(path, mode)
    openNow.withLock { _ = $0.insert(descriptor) }
    guard let name = watched(path) else { return descriptor }
    state.withLock { tree in
      switch mode {
      case .read, .folder: break
      case .replace(let bits):
        tree.create(name, mode: bits)
        tree.touch(name)
      case .create(let bits), .readWrite(let bits): tree.create(name, mode: bits)
      }
      tree.opened(descriptor, name)
    }
    return descriptor
  }

  package func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
    state.withLock { $0.touch(descriptor) }
    try base.write(bytes, to: descriptor, path: path)
  }

  package func reserve(_ bytes: Int64, in descriptor: Int32, path: String) throws { try base.reserve(bytes, in: descriptor, path: path) }

  package func synchronize(_ descriptor: Int32, path: String) throws {
    // A program of the machine that lost its power may still close its files.
    guard openNow.withLock({ $0.contains(descriptor) }) else { return }
    try base.synchronize(descriptor, path: path)
    if !(ignoresLogs && path.hasSuffix("-wal")) { try databases.withLock { try $0.synchronized(path) } }
    try state.withLock { tree in try tree.synchronize(descriptor) { try base.read(root + "/" + $0) } }
  }

  package func close(_ descriptor: Int32) {
    state.withLock { $0.closed(descriptor) }
    // What a power cut closed may be another file's by now.
    guard openNow.withLock({ $0.remove(descriptor) }) != nil else { return }
    base.close(descriptor)
  }

  package func rename(_ source: String, to destination: String) throws {
    try base.rename(source, to: destination)
    guard let source = watched(source), let destination = watched(destination) else { return }
    state.withLock { $0.rename(source, destination) }
  }

  package func renameExclusively(_ source: String, to destination: String) throws -> Bool {
    guard try base.renameExclusively(source, to: destination) else { return false }
    guard let source = watched(source), let destination = watched(destination) else { return true }
    state.withLock { $0.rename(source, destination) }
    return true
  }

  package func removeFile(_ path: String) throws {
    try base.removeFile(path)
    if let name = watched(path) { state.withLock { $0.remove(name) } }
  }

  /// Removes entries one by one, as on disk: files before their folder.
  package func removeFolder(_ path: String) throws {
    guard try base.status(path)?.isFolder == true, try !base.isSymbolicLink(path) else { return try base.removeFolder(path) }
    for name in try base.names(in: path) {
      let child = "\(path)/\(name)"
      try base.status(child)?.isFolder == true ? removeFolder(child) : removeFile(child)
    }
    _ = try removeFolderIfEmpty(path)
  }

  package func removeFolderIfEmpty(_ path: String) throws -> Bool {
    let isRemoved = try base.removeFolderIfEmpty(path)
    if isRemoved, let name = watched(path) { state.withLock { $0.remove(name) } }
    return isRemoved
  }

  package func makeFolder(_ path: String) throws {
    try base.makeFolder(path)
    if let name = watched(path) { state.withLock { $0.makeFolder(name) } }
  }

  // MARK: Read-only calls

  package func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    try base.readAll(descriptor, path: path, limitBytes: limitBytes)
  }
  package func readChunk(_ path: String, at offset: Int64, count: Int) throws -> [UInt8] {
    try base.readChunk(path, at: offset, count: count)
  }
  package func readNext(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    try base.readNext(descriptor, path: path, limitBytes: limitBytes)
  }
  package func names(in folder: String) throws -> [String] { try base.names(in: folder) }
  package func entries(in folder: String) throws -> FolderEntries { try base.entries(in: folder) }
  package func resolved(_ path: String) throws -> String? { try base.resolved(path) }
  package func status(_ path: String) throws -> FileStatus? { try base.status(path) }
  package func isSymbolicLink(_ path: String) throws -> Bool { try base.isSymbolicLink(path) }
  package func lock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    try base.lock(descriptor, offset: offset, length: length, path: path)
  }
  package func unlock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws {
    try base.unlock(descriptor, offset: offset, length: length, path: path)
  }
  package func isLocked(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    try base.isLocked(descriptor, offset: offset, length: length, path: path)
  }
  package func freeBytes(at path: String) throws -> Int64 { try base.freeBytes(at: path) }
  package func isNetworkFileSystem(_ path: String) throws -> Bool { try base.isNetworkFileSystem(path) }
}
