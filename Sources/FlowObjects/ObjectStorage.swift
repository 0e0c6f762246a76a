/// Objects under keys such as `a/b/c.jsonl.zst`, in a folder or a bucket. What `put` writes is immutable; `replace` is for results that can be
/// made again.
///
/// A key consists of parts separated by `/` (`ObjectKey`). Nothing blocks the caller's thread: what blocks runs on the storage's lane.
package protocol ObjectStorage: Sendable {
  /// What messages call it: `/data/raw`, `s3://BUCKET/PREFIX`. Holds no secret.
  var location: String { get }
  /// Writes a new object; durable when it returns. If the key already holds the same bytes it succeeds (an earlier answer was
  /// lost); other bytes under the key are `.conflict`; nothing is ever overwritten.
  /// - Parameter sha256: of the bytes, 32 bytes. A source with other bytes is refused (`.disk`).
  func put(_ key: String, from source: ObjectSource, sha256: [UInt8]) async throws(ObjectStorageError)
  /// Writes an object from a local file over whatever is under the key; durable when it returns. Readers see the old object or the new one, whole,
  /// also after an interruption. Of two writers of one key, the last wins. A folder under the key is `.conflict`.
  /// - Parameter sha256: of the file's bytes, 32 bytes. A file with other bytes is refused (`.disk`).
  func replace(_ key: String, from file: String, sha256: [UInt8]) async throws(ObjectStorageError)
  /// A local file with the object's bytes: the object's own, or a copy in the folder `scratch` that `FetchedObject.remove()` removes.
  func fetch(_ key: String, scratch: String) async throws(ObjectStorageError) -> FetchedObject
  /// Keys and sizes of the objects whose keys begin with `prefix`, sorted by the bytes of their keys. A folder that does not exist has none.
  func list(_ prefix: String) async throws(ObjectStorageError) -> [StoredObject]
  /// Removes an object; succeeds if it is not there.
  func remove(_ key: String) async throws(ObjectStorageError)
}

extension ObjectStorage {
  /// Writes a new object from a local file, as `put(_:from:sha256:)`.
  package func put(_ key: String, from file: String, sha256: [UInt8]) async throws(ObjectStorageError) {
    try await put(key, from: .file(file), sha256: sha256)
  }
}

/// Where the bytes of a new object are.
package enum ObjectSource: Sendable {
  /// A local file, which must not change meanwhile.
  case file(String)
  /// A small object needs no file of its own.
  case bytes([UInt8])

  /// For messages.
  var name: String {
    switch self {
    case .file(let path): path
    case .bytes: "an object in memory"
    }
  }
}

package struct StoredObject: Sendable, Equatable {
  package var key: String
  package var sizeBytes: Int64

  package init(key: String, sizeBytes: Int64) {
    self.key = key
    self.sizeBytes = sizeBytes
  }
}

/// A local file with an object's bytes. It must not be changed: it may be the object itself.
package struct FetchedObject: Sendable {
  package typealias Removal = @Sendable () async throws(ObjectStorageError) -> Void

  package let path: String
  private let removal: Removal?

  /// - Parameter removal: removes a copy; nil for the object's own file.
  package init(path: String, removal: Removal? = nil) {
    self.path = path
    self.removal = removal
  }

  package var isCopy: Bool { removal != nil }
  /// Removes a copy; leaves an object's own file alone.
  package func remove() async throws(ObjectStorageError) { try await removal?() }
}
