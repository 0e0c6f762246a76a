import FlowCore
import FlowCrypto

@testable import FlowObjects

/// A storage in memory, as strict as a bucket: it checks keys and hashes, never overwrites, and lists in the order of bytes.
///
/// A script decides which calls fail.
final class ScriptedObjectStorage: ObjectStorage {
  enum Call: String, Sendable { case put, fetch, list, remove }
  /// - Parameter count: which call of its kind it is, from 1.
  typealias Script = @Sendable (_ call: Call, _ key: String, _ count: Int) -> ObjectStorageError?

  private struct State {
    var objects: [String: [UInt8]] = [:]
    var calls: [(call: Call, key: String)] = []
    var script: Script = { _, _, _ in nil }
  }

  let location = "s3://bucket/study"
  private let fileSystem: any FileSystem
  private let state = Locked(State())

  init(_ fileSystem: any FileSystem, _ script: @escaping Script = { _, _, _ in nil }) {
    self.fileSystem = fileSystem
    state.withLock { $0.script = script }
  }

  /// The next process's view: the same objects.
  init(_ other: ScriptedObjectStorage, _ fileSystem: any FileSystem) {
    self.fileSystem = fileSystem
    state.withLock { $0.objects = other.objects }
  }

  var objects: [String: [UInt8]] { state.withLock { $0.objects } }
  func keys(of call: Call) -> [String] { state.withLock { $0.calls.filter { $0.call == call }.map(\.key) } }
  func set(_ script: @escaping Script) { state.withLock { $0.script = script } }
  func place(_ bytes: [UInt8], _ key: String) { state.withLock { $0.objects[key] = bytes } }

  private func begin(_ call: Call, _ key: String) throws(ObjectStorageError) {
    let (script, count) = state.withLock { state in
      state.calls.append((call, key))
      return (state.script, state.calls.filter { $0.call == call }.count)
    }
    if let problem = call == .list ? ObjectKey.prefixProblem(key) : ObjectKey.problem(key) { throw .invalid(key, problem) }
    if let error = script(call, key, count) { throw error }
  }

  func put(_ key: String, from source: ObjectSource, sha256: [UInt8]) async throws(ObjectStorageError) {
    try begin(.put, key)
    let bytes: [UInt8]
    switch source {
    case .file(let file): do { bytes = try fileSystem.read(file) } catch { throw ObjectStorageError(.disk, "\(error)") }
    case .bytes(let given): bytes = given
    }
    guard SHA256.digest(of: bytes) == sha256 else { throw ObjectStorageError(.disk, "\(source) has other bytes than said") }
    let isConflict = state.withLock { state in
      if let there = state.objects[key] { return there != bytes }
      state.objects[key] = bytes
      return false
    }
    if isConflict { throw .conflict(key, in: location, "other bytes") }
  }

  /// Raw objects are never replaced.
  func replace(_ key: String, from file: String, sha256: [UInt8]) async throws(ObjectStorageError) {
    throw ObjectStorageError(.invalid, "a raw object is replaced: \(key)")
  }

  func fetch(_ key: String, scratch: String) async throws(ObjectStorageError) -> FetchedObject {
    try begin(.fetch, key)
    guard let bytes = objects[key] else { throw .notFound(key, in: location) }
    let path = "\(scratch)/fetched-\(SHA256.digest(of: Array(key.utf8)).prefix(4).map { String($0, radix: 16) }.joined())"
    do {
      try fileSystem.makeFolderDurably(scratch)
      try fileSystem.writeDurably(bytes, to: path)
    } catch {
      throw ObjectStorageError(.disk, "\(error)")
    }
    return FetchedObject(path: path) { [fileSystem] () async throws(ObjectStorageError) in
      do { try fileSystem.removeFile(path) } catch { throw ObjectStorageError(.disk, "\(error)") }
    }
  }

  func list(_ prefix: String) async throws(ObjectStorageError) -> [StoredObject] {
    try begin(.list, prefix)
    return objects.filter { $0.key.hasPrefix(prefix) }.map { StoredObject(key: $0.key, sizeBytes: Int64($0.value.count)) }
      .sorted { ObjectKey.isBefore($0.key, $1.key) }
  }

  func remove(_ key: String) async throws(ObjectStorageError) {
    try begin(.remove, key)
    state.withLock { _ = $0.objects.removeValue(forKey: key) }
  }
}
