import FlowCore

/// A file system that a power cut takes back to what was made durable.
///
/// Every call goes through to `base`, below one folder. What a cut may undo is kept beside it: file data since the file's last fsync, and
/// names made, renamed and removed since the last fsync of their folder. `cutPower` then puts the folder into one of the states that POSIX
/// allows: of each folder's changes the first few survive, of each file's data the old, the new or a beginning of the new, as the dice fall.
/// Files that somebody else keeps durable, such as a database's, are named by their suffixes and left alone.
package final class PowerCutFileSystem: FileSystem {
  private let base: any FileSystem
  private let root: String
  private let foreign: [String]
  private let state: Locked<DurableTree>

  /// What stands below `root` counts as durable.
  /// - Parameter foreign: ends of names that are left alone.
  package init(_ base: any FileSystem, root: String, foreign: [String] = [".sqlite", "-wal", "-shm", "-journal"]) throws {
    self.base = base
    self.root = root
    self.foreign = foreign
    var tree = DurableTree()
    try Self.load(base, root, into: &tree, DurableTree.root) { path in !foreign.contains { path.hasSuffix($0) } }
    state = Locked(tree)
  }

  private static func load(
    _ base: any FileSystem, _ folder: String, into tree: inout DurableTree, _ node: Int, _ isOurs: (String) -> Bool
  ) throws {
    for name in try base.names(in: folder) where isOurs(name) {
      let path = "\(folder)/\(name)"
      guard let status = try base.status(path) else { continue }
      let child = tree.addDurable(name, to: node, isFolder: status.isFolder, bytes: status.isFolder ? [] : try base.read(path), mode: status.mode)
      if status.isFolder { try load(base, path, into: &tree, child, isOurs) }
    }
  }

  /// The folder as the next boot finds it. No call may be under way.
  package func cutPower(seed: UInt64) throws {
    let tree = try state.withLock { tree in
      try tree.crash(SeededRandomSource(seed: seed)) { try base.read(root + "/" + $0) }
    }
    for name in try base.names(in: root) where isOurs(name) { try clear(root + "/" + name) }
    for file in tree {
      let path = root + "/" + file.path
      if file.isFolder { try base.makeFolder(path) } else { try base.writeDurably(file.bytes, to: path, mode: file.mode) }
    }
  }

  /// Removes what is ours; a folder with somebody else's files in it stays.
  private func clear(_ path: String) throws {
    guard try base.status(path)?.isFolder == true else { return try base.removeFile(path) }
    for name in try base.names(in: path) where isOurs(name) { try clear("\(path)/\(name)") }
    _ = try base.removeFolderIfEmpty(path)
  }

  private func isOurs(_ path: String) -> Bool { !foreign.contains { path.hasSuffix($0) } }

  /// The path below the root; nil for what is not watched.
  private func watched(_ path: String) -> String? {
    if path == root { return "" }
    guard path.hasPrefix(root + "/"), isOurs(path) else { return nil }
    return String(path.dropFirst(root.count + 1))
  }

  // MARK: Calls that change something

  package func open(_ path: String, _ mode: FileOpenMode) throws -> Int32 {
    let descriptor = try base.open(path, mode)
    guard let name = watched(path) else { return descriptor }
    state.withLock { tree in
      switch mode {
      case .read, .folder: break
      case .replace(let bits):
        tree.create(name, mode: bits)
        tree.touch(name)
      case .readWrite(let bits): tree.create(name, mode: bits)
      }
      tree.opened(descriptor, name)
    }
    return descriptor
  }

  package func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
    state.withLock { $0.touch(descriptor) }
    try base.write(bytes, to: descriptor, path: path)
  }

  package func synchronize(_ descriptor: Int32, path: String) throws {
    try base.synchronize(descriptor, path: path)
    try state.withLock { tree in try tree.synchronize(descriptor) { try base.read(root + "/" + $0) } }
  }

  package func close(_ descriptor: Int32) {
    state.withLock { $0.closed(descriptor) }
    base.close(descriptor)
  }

  package func rename(_ source: String, to destination: String) throws {
    try base.rename(source, to: destination)
    guard let source = watched(source), let destination = watched(destination) else { return }
    state.withLock { $0.rename(source, destination) }
  }

  package func removeFile(_ path: String) throws {
    try base.removeFile(path)
    if let name = watched(path) { state.withLock { $0.remove(name) } }
  }

  /// Name by name, as the disk sees it: the files go before their folder.
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

  // MARK: Calls that only look

  package func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    try base.readAll(descriptor, path: path, limitBytes: limitBytes)
  }
  package func names(in folder: String) throws -> [String] { try base.names(in: folder) }
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
