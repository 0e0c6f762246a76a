import FlowCore
import FlowCrypto
import FlowFileSystem
import FlowTesting

@testable import FlowObjects

/// A clock whose waits are over at once; it notes them.
final class EagerTime: TimeSource {
  private let clock = ManualTime()
  private let noted = Locked<[Duration]>([])

  var now: Instant { clock.now }
  var monotonic: Duration { clock.monotonic }
  var waits: [Duration] { noted.withLock { $0 } }
  func setNow(_ now: Instant) { clock.setNow(now) }

  func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
    noted.withLock { $0.append(delay) }
    let scheduled = clock.schedule(after: delay, action)
    clock.advance(by: delay)
    return scheduled
  }
}

/// Files to put, and a folder for copies.
final class ObjectBench: Sendable {
  let fixture: FileSystemFixture
  private let count = Locked(0)

  init() throws {
    fixture = try FileSystemFixture()
    for folder in ["source", "scratch"] { try fixture.fileSystem.makeFolder(path(folder)) }
  }

  func path(_ name: String) -> String { fixture.path + "/" + name }
  var scratch: String { path("scratch") }

  /// A file with a text, and its digest.
  func file(_ text: String) throws -> (path: String, sha256: [UInt8]) { try file(Array(text.utf8)) }
  func file(_ bytes: [UInt8]) throws -> (path: String, sha256: [UInt8]) {
    let number = count.withLock { count in
      count += 1
      return count
    }
    try fixture.fileSystem.writeDurably(bytes, to: path("source/\(number)"))
    return (path: path("source/\(number)"), sha256: SHA256.digest(of: bytes))
  }

  func put(_ text: String, _ key: String, to storage: any ObjectStorage) async throws {
    let file = try file(text)
    try await storage.put(key, from: file.path, sha256: file.sha256)
  }

  func replace(_ text: String, _ key: String, in storage: any ObjectStorage) async throws {
    let file = try file(text)
    try await storage.replace(key, from: file.path, sha256: file.sha256)
  }

  /// The bytes of an object.
  func bytes(_ key: String, of storage: any ObjectStorage) async throws -> [UInt8] {
    let fetched = try await storage.fetch(key, scratch: scratch)
    let bytes = try fixture.fileSystem.read(fetched.path, limitBytes: 1 << 30)
    try await fetched.remove()
    return bytes
  }
  func text(_ key: String, of storage: any ObjectStorage) async throws -> String { String(decoding: try await bytes(key, of: storage), as: UTF8.self) }
}

/// The error of an operation; nil if it succeeds.
func failure(_ operation: () async throws -> Void) async -> ObjectStorageError? {
  do {
    try await operation()
    return nil
  } catch {
    return error as? ObjectStorageError ?? ObjectStorageError(.invalid, "no error of a storage: \(error)")
  }
}
