import FlowCore

/// The nodes, names, descriptors and locks of a `MemoryFileSystem`. Rejects what POSIX rejects.
struct MemoryFiles {
  struct Node {
    var kind: MemoryFileSystem.Kind
    var bytes: [UInt8] = []
    var durable: [UInt8] = []
    var mode: UInt32
  }
  private struct Open {
    var node: Int
    var path: String
    var isReadable = true
    var isWritable = false
    var position = 0
    /// Bytes from the beginning that can be written when the disk is full.
    var reserved = 0
  }
  private struct Lock {
    var node: Int
    var bytes: Range<Int64>
    var descriptor: Int32
  }
  private(set) var nodes: [Int: Node] = [root: Node(kind: .folder, mode: 0o755)]
  private(set) var entries: [String: Int] = [:]
  private var durableEntries: [String: Int] = [:]
  private var open: [Int32: Open] = [:]
  private var locks: [Lock] = []
  private var last = 100
  /// No file can grow but into room that was reserved.
  var isFull = false
  /// The root, which is also the working folder and always exists.
  private static let root = 0

  var openCount: Int { open.count }

  // MARK: For tests

  /// Adds a durable entry and its parent folders.
  mutating func put(_ path: String, _ node: Node) {
    let parent = Self.parent(of: path)
    if !parent.isEmpty, parent != "/", entries[parent] == nil { put(parent, Node(kind: .folder, mode: 0o700)) }
    durableEntries[path] = add(path, node)
  }

  mutating func forget(_ path: String) {
    entries[path] = nil
    durableEntries[path] = nil
  }

  mutating func set(mode: UInt32, of path: String) {
    if let node = entries[path] { nodes[node]?.mode = mode }
  }

  func node(_ path: String) -> Node? { (Self.isRoot(path) ? Self.root : entries[path]).flatMap { nodes[$0] } }

  /// The state that the next process finds.
  func afterCrash(losingUnsynchronized: Bool) -> MemoryFiles {
    var next = MemoryFiles()
    next.last = last
    next.entries = losingUnsynchronized ? durableEntries.filter { path, _ in Self.ancestors(of: path).allSatisfy { durableEntries[$0] != nil } } : entries
    next.durableEntries = next.entries
    next.nodes = nodes.mapValues { node in
      let bytes = losingUnsynchronized ? node.durable : node.bytes
      return Node(kind: node.kind, bytes: bytes, durable: bytes, mode: node.mode)
    }
    return next
  }

  // MARK: Descriptors

  mutating func open(_ path: String, _ mode: FileOpenMode) throws(FileSystemError) -> Int32 {
    try check(path, "open")
    var opened: Open
    switch mode {
    case .read:
      opened = Open(node: try existing(path, "open"), path: path)
      if let node = nodes[opened.node], node.kind == .file, node.mode & 0o400 == 0 { throw Self.error("open", path, .accessDenied) }
    case .folder:
      opened = Open(node: try existing(path, "open"), path: path)
      guard nodes[opened.node]?.kind == .folder else { throw Self.error("open", path, .notAFolder) }
    case .create(let bits):
      guard entries[path] == nil, !Self.isRoot(path) else { throw Self.error("create", path, .alreadyThere) }
      try checkParent(of: path, "create")
      opened = Open(node: add(path, Node(kind: .file, mode: bits)), path: path, isReadable: false, isWritable: true)
    case .replace(let bits), .readWrite(let bits):
      let node = try existingFile(path, "open") ?? add(path, Node(kind: .file, mode: bits))
      opened = Open(node: node, path: path, isWritable: true)
      if case .replace = mode {
        opened.isReadable = false
        nodes[node]?.bytes = []
        nodes[node]?.mode = bits
      }
    }
    last += 1
    open[Int32(last)] = opened
    return Int32(last)
  }

  mutating func readAll(_ descriptor: Int32, _ path: String, limitBytes: Int) throws(FileSystemError) -> [UInt8] {
    let (node, position) = try readable(descriptor, path)
    let bytes = Array(node.bytes.dropFirst(position))
    guard bytes.count <= limitBytes else {
      throw FileSystemError(operation: "read", path: path, errno: 27, reason: "larger than the limit of \(limitBytes) bytes")
    }
    open[descriptor]?.position = node.bytes.count
    return bytes
  }

  mutating func readNext(_ descriptor: Int32, _ path: String, limitBytes: Int) throws(FileSystemError) -> [UInt8] {
    let (node, position) = try readable(descriptor, path)
    let bytes = Array(node.bytes.dropFirst(position).prefix(limitBytes))
    open[descriptor]?.position = position + bytes.count
    return bytes
  }

  private func readable(_ descriptor: Int32, _ path: String) throws(FileSystemError) -> (node: Node, position: Int) {
    guard let opened = open[descriptor], opened.isReadable, let node = nodes[opened.node] else { throw Self.error("read", path, .badDescriptor) }
    guard node.kind != .folder else { throw Self.error("read", path, .isAFolder) }
    return (node, opened.position)
  }

  mutating func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(FileSystemError) {
    guard let opened = open[descriptor], opened.isWritable, var content = nodes[opened.node]?.bytes else {
      throw Self.error("write", path, .badDescriptor)
    }
    if content.count < opened.position { content += [UInt8](repeating: 0, count: opened.position - content.count) }
    let end = opened.position + bytes.count
    if isFull, end > max(content.count, opened.reserved) { throw Self.error("write", path, .noSpace) }
    content.replaceSubrange(opened.position..<min(end, content.count), with: bytes)
    nodes[opened.node]?.bytes = content
    open[descriptor]?.position = end
  }

  mutating func reserve(_ bytes: Int64, in descriptor: Int32, _ path: String) throws(FileSystemError) {
    guard let opened = open[descriptor], opened.isWritable, let node = nodes[opened.node] else { throw Self.error("reserve room in", path, .badDescriptor) }
    if isFull, bytes > max(node.bytes.count, opened.reserved) { throw Self.error("reserve room in", path, .noSpace) }
    open[descriptor]?.reserved = max(opened.reserved, Int(bytes))
  }

  /// For a folder this covers its own entries only.
  mutating func synchronize(_ descriptor: Int32, _ path: String) throws(FileSystemError) {
    guard let opened = open[descriptor], let node = nodes[opened.node] else { throw Self.error("fsync", path, .badDescriptor) }
    guard node.kind == .folder else {
      nodes[opened.node]?.durable = node.bytes
      return
    }
    let folder = opened.path == "." ? "" : opened.path
    let isInside = { (path: String) in Self.parent(of: path) == folder }
    durableEntries = durableEntries.filter { !isInside($0.key) }.merging(entries.filter { isInside($0.key) }) { $1 }
  }

  mutating func close(_ descriptor: Int32) {
    open[descriptor] = nil
    locks.removeAll { $0.descriptor == descriptor }
  }

  // MARK: Names

  mutating func rename(_ source: String, to destination: String) throws(FileSystemError) {
    try check(source, "rename")
    try check(destination, "rename")
    let node = try existing(source, "rename")
    try checkParent(of: destination, "rename")
    guard source != destination else { return }
    if let other = entries[destination].flatMap({ nodes[$0] }) {
      let isFolder = nodes[node]?.kind == .folder
      if other.kind == .folder && !isFolder { throw Self.error("rename", source, .isAFolder) }
      if other.kind != .folder && isFolder { throw Self.error("rename", source, .notAFolder) }
      if isFolder && !children(of: destination).isEmpty { throw Self.error("rename", source, .notEmpty) }
    }
    for (path, moved) in entries where path == source || path.hasPrefix(source + "/") {
      entries[path] = nil
      entries[destination + path.dropFirst(source.count)] = moved
    }
  }

  mutating func renameExclusively(_ source: String, to destination: String) throws(FileSystemError) -> Bool {
    try check(destination, "rename")
    guard entries[destination] == nil else {
      _ = try existing(source, "rename")
      return false
    }
    try rename(source, to: destination)
    return true
  }

  mutating func removeFile(_ path: String) throws(FileSystemError) {
    try check(path, "remove")
    guard nodes[try existing(path, "remove")]?.kind != .folder else { throw Self.error("remove", path, .isAFolder) }
    entries[path] = nil
  }

  mutating func removeFolder(_ path: String) throws(FileSystemError) {
    try check(path, "remove")
    for entry in entries.keys where entry == path || entry.hasPrefix(path + "/") { entries[entry] = nil }
  }

  mutating func removeFolderIfEmpty(_ path: String) throws(FileSystemError) -> Bool {
    try check(path, "remove")
    guard let node = entries[path] else { return false }
    guard nodes[node]?.kind == .folder else { throw Self.error("remove", path, .notAFolder) }
    guard children(of: path).isEmpty else { return false }
    entries[path] = nil
    return true
  }

  mutating func makeFolder(_ path: String) throws(FileSystemError) {
    try check(path, "create folder")
    guard !Self.isRoot(path) else { return }
    if let node = entries[path] {
      guard nodes[node]?.kind == .folder else { throw Self.error("create folder", path, .notAFolder) }
      return
    }
    let parent = Self.parent(of: path)
    if !Self.isRoot(parent) { try makeFolder(parent) }
    add(path, Node(kind: .folder, mode: 0o700))
  }

  func names(in folder: String) throws(FileSystemError) -> [String] {
    try check(folder, "list")
    if !Self.isRoot(folder), nodes[try existing(folder, "list")]?.kind != .folder { throw Self.error("list", folder, .notAFolder) }
    return children(of: folder)
  }

  func status(_ path: String) throws(FileSystemError) -> FileStatus? {
    try check(path, "read the status of")
    return node(path).map {
      FileStatus(isFolder: $0.kind == .folder, isRegularFile: $0.kind != .folder, sizeBytes: Int64($0.bytes.count), mode: $0.mode)
    }
  }

  // MARK: Locks

  mutating func lock(_ descriptor: Int32, _ bytes: Range<Int64>, _ path: String) throws(FileSystemError) -> Bool {
    guard let node = open[descriptor]?.node else { throw Self.error("lock", path, .badDescriptor) }
    guard try !isLocked(descriptor, bytes, path) else { return false }
    locks.append(Lock(node: node, bytes: bytes, descriptor: descriptor))
    return true
  }

  mutating func unlock(_ descriptor: Int32, _ bytes: Range<Int64>, _ path: String) throws(FileSystemError) {
    guard open[descriptor] != nil else { throw Self.error("unlock", path, .badDescriptor) }
    locks.removeAll { $0.descriptor == descriptor && $0.bytes == bytes }
  }

  func isLocked(_ descriptor: Int32, _ bytes: Range<Int64>, _ path: String) throws(FileSystemError) -> Bool {
    guard let node = open[descriptor]?.node else { throw Self.error("lock", path, .badDescriptor) }
    return locks.contains { $0.node == node && $0.descriptor != descriptor && $0.bytes.overlaps(bytes) }
  }

  // MARK: Steps

  @discardableResult private mutating func add(_ path: String, _ node: Node) -> Int {
    last += 1
    nodes[last] = node
    entries[path] = last
    return last
  }

  private func existing(_ path: String, _ operation: String) throws(FileSystemError) -> Int {
    if Self.isRoot(path) { return Self.root }
    if let node = entries[path] { return node }
    let isBelowAFile = Self.ancestors(of: path).contains { entries[$0].map { nodes[$0]?.kind != .folder } ?? false }
    throw Self.error(operation, path, isBelowAFile ? .notAFolder : .notThere)
  }

  /// nil if the file does not exist but its folder does.
  private func existingFile(_ path: String, _ operation: String) throws(FileSystemError) -> Int? {
    guard let node = Self.isRoot(path) ? Self.root : entries[path] else {
      try checkParent(of: path, operation)
      return nil
    }
    guard nodes[node]?.kind != .folder else { throw Self.error(operation, path, .isAFolder) }
    return node
  }

  private func checkParent(of path: String, _ operation: String) throws(FileSystemError) {
    let parent = Self.parent(of: path)
    guard !Self.isRoot(parent) else { return }
    guard let node = entries[parent] else { throw Self.error(operation, path, .notThere) }
    guard nodes[node]?.kind == .folder else { throw Self.error(operation, path, .notAFolder) }
  }

  private func check(_ path: String, _ operation: String) throws(FileSystemError) {
    if path.isEmpty || path.contains("\0") { throw Self.error(operation, path, .invalid) }
  }

  private func children(of folder: String) -> [String] {
    let prefix = folder == "/" || folder == "." ? (folder == "/" ? "/" : "") : folder + "/"
    return entries.keys.filter { $0.hasPrefix(prefix) && Self.parent(of: $0) == (folder == "." ? "" : folder) }
      .map { String($0.dropFirst(prefix.count)) }.sorted()
  }

  /// A path without a slash is relative to the working folder, which exists.
  private static func isRoot(_ path: String) -> Bool { path.isEmpty || path == "/" || path == "." }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func ancestors(of path: String) -> [String] {
    var ancestors: [String] = [], parent = parent(of: path)
    while !isRoot(parent) {
      ancestors.append(parent)
      parent = Self.parent(of: parent)
    }
    return ancestors
  }

  private enum Refusal: Int32 {
    case notThere = 2, badDescriptor = 9, accessDenied = 13, alreadyThere = 17, notAFolder = 20, isAFolder = 21, invalid = 22, noSpace = 28, notEmpty = 39

    var words: String {
      switch self {
      case .notThere: "No such file or directory"
      case .badDescriptor: "Bad file descriptor"
      case .accessDenied: "Permission denied"
      case .alreadyThere: "File exists"
      case .notAFolder: "Not a directory"
      case .isAFolder: "Is a directory"
      case .invalid: "Invalid argument"
      case .noSpace: "No space left on device"
      case .notEmpty: "Directory not empty"
      }
    }
  }

  private static func error(_ operation: String, _ path: String, _ refusal: Refusal) -> FileSystemError {
    FileSystemError(operation: operation, path: path, errno: refusal.rawValue, reason: refusal.words)
  }
}
