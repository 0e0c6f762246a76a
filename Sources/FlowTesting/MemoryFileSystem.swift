import FlowCore

/// Files in memory that know what a power cut leaves: what was synchronized, and what was not.
package final class MemoryFileSystem: FileSystem {
  package enum Trouble: Equatable {
    /// The n-th call fails and does nothing.
    case failure(call: Int)
    /// The n-th call does its work and reports a failure.
    case lateFailure(call: Int)
    /// The n-th call and all after it fail: the process is gone.
    case crash(call: Int)
    /// Every call of the operation fails.
    case always(String)
  }
  package enum Kind { case file, folder, link }
  package struct Node {
    package var kind: Kind = .file
    package var bytes: [UInt8] = []
    package var durable: [UInt8] = []
    package var mode: UInt32 = 0
  }
  package struct Open {
    package var node: Int
    package var path: String
    package var isRead = false
  }
  package struct State {
    package var nodes: [Int: Node] = [:]
    package var entries: [String: Int] = [:]
    package var durableEntries: [String: Int] = [:]
    package var open: [Int32: Open] = [:]
    package var locks: [Int64: Int32] = [:]
    package var next = 100
    package var trouble: Trouble?
    package var calls: [String] = []
  }
  private let state: Locked<State>
  private let free: Int64

  /// - Parameter free: bytes that the disk has left, however much is written.
  package init(folders: [String] = ["batch"], free: Int64 = 1 << 40) {
    self.free = free
    var state = State()
    for folder in folders {
      state.next += 1
      state.nodes[state.next] = Node(kind: .folder)
      state.entries[folder] = state.next
    }
    state.durableEntries = state.entries
    self.state = Locked(state)
  }

  private init(_ state: sending State, free: Int64) {
    self.free = free
    self.state = Locked(state)
  }

  // MARK: For tests

  package func put(_ path: String, _ text: String, kind: Kind = .file) {
    state.withLock { state in
      state.next += 1
      state.nodes[state.next] = Node(kind: kind, bytes: Array(text.utf8), durable: Array(text.utf8), mode: 0o600)
      state.entries[path] = state.next
      state.durableEntries[path] = state.next
    }
  }
  package func text(_ path: String) -> String? {
    state.withLock { state in state.entries[path].flatMap { state.nodes[$0] }.map { String(decoding: $0.bytes, as: UTF8.self) } }
  }
  package func set(mode: UInt32, of path: String) {
    state.withLock { state in
      if let node = state.entries[path] { state.nodes[node]?.mode = mode }
    }
  }
  package func mode(_ path: String) -> UInt32? { state.withLock { state in state.entries[path].flatMap { state.nodes[$0]?.mode } } }
  package func paths() -> [String] { state.withLock { $0.entries.keys.sorted() } }
  package func remove(_ path: String) { state.withLock { $0.entries[path] = nil; $0.durableEntries[path] = nil } }
  package func set(_ trouble: Trouble?) {
    state.withLock { state in
      state.trouble = trouble
      state.calls = []
    }
  }
  package var calls: [String] { state.withLock { $0.calls } }
  package var openCount: Int { state.withLock { $0.open.count } }

  /// What the next process finds: after a power cut only what was synchronized, after a kill everything.
  package func afterCrash(losingUnsynchronized: Bool) -> MemoryFileSystem {
    let copy = state.withLock { state in
      var next = State()
      next.next = state.next
      next.entries = losingUnsynchronized ? state.durableEntries : state.entries
      for (index, node) in state.nodes {
        let bytes = losingUnsynchronized ? node.durable : node.bytes
        next.nodes[index] = Node(kind: node.kind, bytes: bytes, durable: bytes, mode: node.mode)
      }
      next.durableEntries = next.entries
      return next
    }
    return MemoryFileSystem(copy, free: free)
  }

  // MARK: FileSystem

  package func open(_ path: String, _ mode: FileOpenMode) throws -> Int32 {
    try call("open", path) { state in
      switch mode {
      case .read:
        if let node = state.entries[path].flatMap({ state.nodes[$0] }), node.kind == .file, node.mode & 0o400 == 0 {
          throw FileSystemError(operation: "open", path: path, errno: 13, reason: "Permission denied")
        }
        return try Self.open(path, state.entries[path], &state)
      case .folder: return try Self.open(path, state.entries[path], &state)
      case .replace(let bits), .readWrite(let bits):
        if state.entries[path] == nil {
          state.next += 1
          state.nodes[state.next] = Node(mode: bits)
          state.entries[path] = state.next
        } else if case .replace = mode, let node = state.entries[path] {
          state.nodes[node]?.bytes = []
        }
        return try Self.open(path, state.entries[path], &state)
      }
    }
  }
  private static func open(_ path: String, _ node: Int?, _ state: inout State) throws -> Int32 {
    guard let node else { throw FileSystemError(operation: "open", path: path, errno: 2, reason: "No such file or directory") }
    state.next += 1
    let descriptor = Int32(state.next)
    state.open[descriptor] = Open(node: node, path: path)
    return descriptor
  }
  package func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    try call("read", path) { state in state.open[descriptor].flatMap { state.nodes[$0.node]?.bytes } ?? [] }
  }
  package func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
    try call("write", path) { state in
      guard let node = state.open[descriptor]?.node else { return }
      state.nodes[node]?.bytes += bytes
    }
  }
  package func synchronize(_ descriptor: Int32, path: String) throws {
    try call("fsync", path) { state in
      guard let open = state.open[descriptor], let node = state.nodes[open.node] else { return }
      guard node.kind == .folder else {
        state.nodes[open.node]?.durable = node.bytes
        return
      }
      let inside = { (path: String) in path.hasPrefix(open.path + "/") }
      state.durableEntries = state.durableEntries.filter { !inside($0.key) }.merging(state.entries.filter { inside($0.key) }) { $1 }
    }
  }
  package func close(_ descriptor: Int32) {
    state.withLock { state in
      state.open[descriptor] = nil
      state.locks = state.locks.filter { $0.value != descriptor }
    }
  }
  package func rename(_ source: String, to destination: String) throws {
    try call("rename", destination) { $0.entries[destination] = $0.entries.removeValue(forKey: source) }
  }
  package func removeFile(_ path: String) throws { try call("remove", path) { $0.entries[path] = nil } }
  package func removeFolder(_ path: String) throws { try call("remove", path) { $0.entries[path] = nil } }
  package func removeFolderIfEmpty(_ path: String) throws -> Bool { false }
  package func makeFolder(_ path: String) throws {}
  package func names(in folder: String) throws -> [String] {
    try call("list", folder) { state in
      state.entries.keys.filter { $0.hasPrefix(folder + "/") }.map { String($0.dropFirst(folder.count + 1)) }.sorted()
    }
  }
  package func status(_ path: String) throws -> FileStatus? {
    try call("status", path) { state in
      state.entries[path].flatMap { state.nodes[$0] }.map {
        FileStatus(
          isFolder: $0.kind == .folder, isRegularFile: $0.kind != .folder, sizeBytes: Int64($0.bytes.count), mode: $0.mode)
      }
    }
  }
  package func isSymbolicLink(_ path: String) throws -> Bool {
    try call("status", path) { state in state.entries[path].flatMap { state.nodes[$0]?.kind } == .link }
  }
  package func lock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    try call("lock", path) { state in
      guard state.locks[offset] == nil || state.locks[offset] == descriptor else { return false }
      state.locks[offset] = descriptor
      return true
    }
  }
  package func unlock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws {
    try call("unlock", path) { if $0.locks[offset] == descriptor { $0.locks[offset] = nil } }
  }
  package func isLocked(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    try call("lock", path) { state in state.locks[offset].map { $0 != descriptor } ?? false }
  }
  package func freeBytes(at path: String) throws -> Int64 { free }
  package func isNetworkFileSystem(_ path: String) throws -> Bool { false }

  private func call<Result: Sendable>(_ operation: String, _ path: String, _ body: (inout State) throws -> Result) throws -> Result {
    try state.withLock { state in
      state.calls.append("\(operation) \(path)")
      let count = state.calls.count
      let error = FileSystemError(operation: operation, path: path, errno: 5, reason: "Input/output error")
      switch state.trouble {
      case .failure(count): throw error
      case .crash(let first) where count >= first: throw error
      case .always(operation): throw error
      case .lateFailure(count):
        _ = try body(&state)
        throw error
      default: return try body(&state)
      }
    }
  }
}
