import FlowCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Makes commits durable by an fsync of the write-ahead log.
///
/// SQLite itself synchronises the log only before it copies it into the database file, and that file before the log
/// starts anew (`synchronous = NORMAL`). So whatever was committed since is in the log, whichever process committed it.
final class LogBarrier: Sendable {
  private struct State {
    var path = ""
    var descriptor: Int32?
    var isFolderDurable = false
    var callCount = 0
    /// The number of calls whose commits are durable.
    var coveredCount = 0
    /// Stays: the system may have dropped what an fsync could not write, and the next fsync would succeed without it.
    var failure: FileSystemError?
  }

  private let fileSystem: any FileSystem
  private let lane: any Lane
  private let state = Locked(State())

  init(fileSystem: any FileSystem, lane: any Lane) {
    self.fileSystem = fileSystem
    self.lane = lane
  }

  deinit { close() }

  /// Begins with the log of a database that is open: it exists, and is neither removed nor replaced until the last
  /// connection is closed.
  ///
  /// SQLite locks no byte of the log (its locks are in the -shm file), so that closing the descriptor releases none.
  func open(_ path: String) throws {
    close()
    let descriptor = try fileSystem.open(path, .read)
    state.withLock { state in
      state.path = path
      state.descriptor = descriptor
    }
  }

  func close() {
    let descriptor = state.withLock { state in
      defer { state = State() }
      return state.descriptor
    }
    if let descriptor { fileSystem.close(descriptor) }
  }

  /// Makes all commits made before the call durable. Calls that wait for the fsync in progress share the next one.
  func pass() async throws {
    let call = register()
    try await lane.run { [self] in try pass(call) }
  }

  /// The same in the caller's thread.
  func passNow() throws { try pass(register()) }

  private func register() -> Int {
    state.withLock { state in
      state.callCount += 1
      return state.callCount
    }
  }

  private func pass(_ call: Int) throws {
    let before = state.withLock { $0 }
    guard before.coveredCount < call else { return }
    if let failure = before.failure { throw failure }
    guard let descriptor = before.descriptor else {
      throw FileSystemError(operation: "fsync", path: "the write-ahead log", errno: EBADF, reason: "the database is closed")
    }
    do {
      try fileSystem.synchronize(descriptor, path: before.path)
      // The log may have been created by another process that has not synchronised its name.
      if !before.isFolderDurable { try fileSystem.synchronizeFolder(folder(of: before.path)) }
    } catch let error as FileSystemError {
      state.withLock { $0.failure = error }
      throw error
    }
    state.withLock { state in
      state.isFolderDurable = true
      state.coveredCount = max(state.coveredCount, before.callCount)
    }
  }

  private func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }
}
