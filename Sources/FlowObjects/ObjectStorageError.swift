import FlowCore

/// Why an operation on objects failed.
package struct ObjectStorageError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: String, Sendable {
    /// The storage does not answer now (no connection, 5xx, SlowDown, timeouts, cancelled): worth trying again later.
    case away
    /// The storage refuses this user or this machine: credentials, rights, a clock that is wrong.
    case denied
    case notFound
    /// The key holds other bytes.
    case conflict
    /// The configuration or a key cannot be used: name of the bucket, region, endpoint.
    case invalid
    /// A local file or folder cannot be read or written, or does not hold what it should.
    case disk
  }

  package var kind: Kind
  /// What was found, what was expected, and what to do next.
  package var message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  package var description: String { message }

  /// The failure of a file system call, or of whatever else runs on a lane.
  init(_ error: any Error, _ purpose: String) {
    switch error {
    case let error as ObjectStorageError: self = error
    case let error as FileSystemError where Self.refusals.contains(error.errno):
      self.init(.denied, "cannot \(purpose): \(error); expected files and folders that this user may use")
    default: self.init(.disk, "cannot \(purpose): \(error)")
    }
  }

  /// EPERM, EACCES, EROFS, the same numbers on Linux and macOS.
  private static let refusals: Set<Int32> = [1, 13, 30]
}

extension Lane {
  /// - Parameter purpose: what for, in a message: `write a/b to /data/raw`.
  func running<Result: Sendable>(
    _ purpose: String, _ body: @escaping @Sendable () throws -> Result
  ) async throws(ObjectStorageError) -> Result {
    do { return try await run(body) } catch { throw ObjectStorageError(error, purpose) }
  }
}

extension ObjectStorageError {
  static func invalid(_ key: String, _ problem: String) -> ObjectStorageError {
    ObjectStorageError(.invalid, "the key '\(ObjectKey.shown(key))' cannot be used: \(problem)")
  }

  static func conflict(_ key: String, in location: String, _ found: String) -> ObjectStorageError {
    ObjectStorageError(
      .conflict,
      "'\(key)' of \(location) holds other bytes (\(found)); nothing was overwritten: find out what wrote it, and move one of the two to another key")
  }

  static func otherBytes(_ file: String, _ found: [UInt8], expected: [UInt8]) -> ObjectStorageError {
    ObjectStorageError(
      .disk, "\(file) has the SHA-256 \(Hexadecimal.text(found)); expected \(Hexadecimal.text(expected)): it has changed since it was written, or is damaged")
  }

  static func notFound(_ key: String, in location: String) -> ObjectStorageError {
    ObjectStorageError(.notFound, "there is no object '\(key)' in \(location); expected one that was listed or written before: restore it from a copy, or check the location")
  }
}
