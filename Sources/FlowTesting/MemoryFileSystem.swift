import FlowCore

/// An in-memory file system that distinguishes synchronised from unsynchronised data. As strict as the real one: the
/// same suite (`FileSystemConformance`) runs against both.
package final class MemoryFileSystem: FileSystem {
  package enum Trouble: Equatable {
    /// The n-th call fails without effect.
    case failure(call: Int)
    /// The n-th call takes effect but reports a failure.
    case lateFailure(call: Int)
    /// The n-th call and all later ones fail, as if the process had died.
    case crash(call: Int)
    /// Every call of this operation fails.
    case always(String)
  }
  package enum Kind: Sendable { case file, folder, link }
  private struct State {
    var files = MemoryFiles()
    var trouble: Trouble?
    var calls: [String] = []
  }
  private let state: Locked<State>
  private let free: Int64

  /// - Parameter free: the free space reported, regardless of writes.
  package init(folders: [String] = ["batch"], free: Int64 = 1 << 40) {
    self.free = free
    var state = State()
    for folder in folders { state.files.put(folder, MemoryFiles.Node(kind: .folder, mode: 0o700)) }
    self.state = Locked(state)
  }

  private init(_ files: MemoryFiles, free: Int64) {
    self.free = free
    state = Locked(State(files: files))
  }

  // MARK: For tests

  /// Adds a durable entry and its parent folders.
  package func put(_ path: String, _ text: String, kind: Kind = .file) {
    let bytes = Array(text.utf8)
    state.withLock { $0.files.put(path, MemoryFiles.Node(kind: kind, bytes: bytes, durable: bytes, mode: kind == .folder ? 0o700 : 0o600)) }
  }
  package func text(_ path: String) -> String? { state.withLock { $0.files.node(path) }.map { String(decoding: $0.bytes, as: UTF8.self) } }
  package func set(mode: UInt32, of path: String) { state.withLock { $0.files.set(mode: mode, of: path) } }
  package func mode(_ path: String) -> UInt32? { state.withLock { $0.files.node(path)?.mode } }
  package func paths() -> [String] { state.withLock { $0.files.entries.keys.sorted() } }
  package func remove(_ path: String) { state.withLock { $0.files.forget(path) } }
  package func set(_ trouble: Trouble?) {
    state.withLock { state in
      state.trouble = trouble
      state.calls = []
    }
  }
  /// From now on no file can grow, but into room that was reserved.
  package func fillUp() { state.withLock { $0.files.isFull = true } }
  package var calls: [String] { state.withLock { $0.calls } }
  package var openCount: Int { state.withLock { $0.files.openCount } }

  /// The state that the next process finds: after a power cut only synchronised data, after a kill everything.
  package func afterCrash(losingUnsynchronized: Bool) -> MemoryFileSystem {
    MemoryFileSystem(state.withLock { $0.files.afterCrash(losingUnsynchronized: losingUnsynchronized) }, free: free)
  }

  // MARK: FileSystem

  package func open(_ path: String, _ mode: FileOpenMode) throws -> Int32 { try call("open", path) { try $0.open(path, mode) } }
  package func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    try call("read", path) { try $0.readAll(descriptor, path, limitBytes: limitBytes) }
  }
  package func readNext(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    try call("read", path) { try $0.readNext(descriptor, path, limitBytes: limitBytes) }
  }
  package func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
    try call("write", path) { try $0.write(bytes, to: descriptor, path) }
  }
  package func reserve(_ bytes: Int64, in descriptor: Int32, path: String) throws {
    try call("reserve", path) { try $0.reserve(bytes, in: descriptor, path) }
  }
  package func synchronize(_ descriptor: Int32, path: String) throws { try call("fsync", path) { try $0.synchronize(descriptor, path) } }
  package func close(_ descriptor: Int32) { state.withLock { $0.files.close(descriptor) } }
  package func rename(_ source: String, to destination: String) throws {
    try call("rename", destination) { try $0.rename(source, to: destination) }
  }
  package func renameExclusively(_ source: String, to destination: String) throws -> Bool {
    try call("rename", destination) { try $0.renameExclusively(source, to: destination) }
  }
  package func removeFile(_ path: String) throws { try call("remove", path) { try $0.removeFile(path) } }
  package func removeFolder(_ path: String) throws { try call("remove", path) { try $0.removeFolder(path) } }
  package func removeFolderIfEmpty(_ path: String) throws -> Bool { try call("remove", path) { try $0.removeFolderIfEmpty(path) } }
  package func makeFolder(_ path: String) throws { try call("create folder", path) { try $0.makeFolder(path) } }
  package func names(in folder: String) throws -> [String] { try call("list", folder) { try $0.names(in: folder) } }
  package func status(_ path: String) throws -> FileStatus? { try call("status", path) { try $0.status(path) } }
  package func isSymbolicLink(_ path: String) throws -> Bool { try call("status", path) { $0.node(path)?.kind == .link } }
  package func lock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    try call("lock", path) { try $0.lock(descriptor, offset..<(offset + length), path) }
  }
  package func unlock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws {
    try call("unlock", path) { try $0.unlock(descriptor, offset..<(offset + length), path) }
  }
  package func isLocked(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    try call("lock", path) { try $0.isLocked(descriptor, offset..<(offset + length), path) }
  }
  package func freeBytes(at path: String) throws -> Int64 { free }
  package func isNetworkFileSystem(_ path: String) throws -> Bool { false }

  private func call<Result: Sendable>(_ operation: String, _ path: String, _ body: (inout MemoryFiles) throws -> Result) throws -> Result {
    try state.withLock { state in
      state.calls.append("\(operation) \(path)")
      let count = state.calls.count
      let error = FileSystemError(operation: operation, path: path, errno: 5, reason: "Input/output error")
      switch state.trouble {
      case .failure(count): throw error
      case .crash(let first) where count >= first: throw error
      case .always(operation): throw error
      case .lateFailure(count):
        _ = try body(&state.files)
        throw error
      default: return try body(&state.files)
      }
    }
  }
}
