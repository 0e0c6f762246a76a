import FlowCore
import FlowCrypto

/// The local files that are sent and received, on a lane.
struct LocalFiles: Sendable {
  struct Part: Sendable {
    var section: FilePart
    var sha256: [UInt8]
  }

  let fileSystem: any FileSystem
  let lane: any Lane

  func size(of path: String, _ purpose: String) async throws(ObjectStorageError) -> Int64 {
    try await lane.running(purpose) { [fileSystem] in
      guard let status = try fileSystem.status(path), status.isRegularFile else {
        throw ObjectStorageError(.disk, "cannot \(purpose): \(path) is no file, or is gone")
      }
      return status.sizeBytes
    }
  }

  func size(of source: ObjectSource, _ purpose: String) async throws(ObjectStorageError) -> Int64 {
    switch source {
    case .file(let path): try await size(of: path, purpose)
    case .bytes(let bytes): Int64(bytes.count)
    }
  }

  func digest(of source: ObjectSource, _ purpose: String) async throws(ObjectStorageError) -> [UInt8] {
    switch source {
    case .file(let path): try await digest(of: path, purpose)
    case .bytes(let bytes): SHA256.digest(of: bytes)
    }
  }

  func digest(of path: String, _ purpose: String) async throws(ObjectStorageError) -> [UInt8] {
    try await lane.running(purpose) { [fileSystem] in try fileSystem.sha256(of: path) }
  }

  /// The digests of a file and of its parts, read once. The file must have `sizeBytes` bytes.
  func digests(
    of path: String, sizeBytes: Int64, partBytes: Int64, _ purpose: String
  ) async throws(ObjectStorageError) -> (whole: [UInt8], parts: [Part]) {
    try await lane.running(purpose) { [fileSystem] in
      let descriptor = try fileSystem.open(path, .read)
      defer { fileSystem.close(descriptor) }
      let whole = RunningSHA256()
      var parts: [Part] = []
      for start in stride(from: 0, to: sizeBytes, by: Int(partBytes)) {
        let section = FilePart(path: path, offset: start, sizeBytes: min(partBytes, sizeBytes - start))
        let hash = RunningSHA256()
        var left = section.sizeBytes
        while left > 0 {
          let piece = try fileSystem.readNext(descriptor, path: path, limitBytes: Int(min(left, Int64(filePieceBytes))))
          guard !piece.isEmpty else { throw ObjectStorageError(.disk, "cannot \(purpose): \(path) has become shorter while it was read") }
          hash.update(piece)
          whole.update(piece)
          left -= Int64(piece.count)
        }
        parts.append(Part(section: section, sha256: hash.finish()))
      }
      return (whole: whole.finish(), parts: parts)
    }
  }

  func makeFolder(_ path: String, _ purpose: String) async throws(ObjectStorageError) {
    try await lane.running(purpose) { [fileSystem] in try fileSystem.makeFolder(path) }
  }

  /// Succeeds if the file is not there.
  func remove(_ path: String, _ purpose: String) async throws(ObjectStorageError) {
    try await lane.running(purpose) { [fileSystem] in if try fileSystem.status(path) != nil { try fileSystem.removeFile(path) } }
  }
}
