/// Where a run keeps contents that are too large for memory: files of its own folder, which is locked while the run lives.
///
/// Nothing here is durable: a FlowFile is a request in progress, and what must outlast the run is elsewhere. `prepare`, `read` and `close` block.
package final class ContentFolder: Sendable {
  /// Larger contents are claims. A day of 1-second samples is smaller: it never touches the disk.
  package static let usualClaimBytes = 4 << 20

  /// nil: contents stay in memory, whatever their size.
  private let folder: WorkFolder?
  private let fileSystem: any FileSystem
  package let lane: any Lane
  package let claimBytes: Int
  private let count = Locked(0)

  package init(folder: String?, run: String, claimBytes: Int = ContentFolder.usualClaimBytes, fileSystem: any FileSystem, lane: any Lane) {
    self.folder = folder.map { WorkFolder(run, in: $0, fileSystem) }
    self.claimBytes = claimBytes
    self.fileSystem = fileSystem
    self.lane = lane
  }

  /// Makes the run's folder, and removes those of runs that are over. Throws `FileSystemError`.
  package func prepare() throws { try folder?.make() }

  /// A path for a new content; nil while contents stay in memory.
  package func newPath() -> String? {
    guard let path = folder?.path else { return nil }
    let number = count.withLock { count in
      count += 1
      return count
    }
    return "\(path)/\(number)"
  }

  /// The claim on a file that has been written.
  package func claim(_ path: String, sizeBytes: Int) -> ContentClaim { ContentClaim(path: path, sizeBytes: sizeBytes, remove: discard) }

  /// Removes a file that nothing points at. One that is left behind is removed with the folder.
  package func discard(_ path: String) { do { try fileSystem.removeFile(path) } catch _ {} }

  /// Runs a body that reads, on the lane. Throws `ProcessorError` (`disk`) if a file cannot be read.
  package func reading<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    do {
      return try await lane.run(body)
    } catch let error as FileSystemError {
      throw ProcessorError(.disk, "a content cannot be read from its file: \(error)")
    }
  }

  /// The next bytes of a claim; empty at its end. Throws `FileSystemError`.
  package func read(_ claim: ContentClaim, at offset: Int64, count: Int = 1 << 20) throws -> [UInt8] {
    try read(claim.path, at: offset, count: count)
  }

  /// The next bytes of a file for which there is no claim yet. Throws `FileSystemError`.
  package func read(_ path: String, at offset: Int64, count: Int) throws -> [UInt8] { try fileSystem.readChunk(path, at: offset, count: count) }

  /// Removes the folder, with whatever is left in it. Throws `FileSystemError`.
  package func close() throws { try folder?.remove() }
}

extension RuntimeEnvironment {
  package var contents: ContentFolder {
    shared.value { ContentFolder(folder: nil, run: run, fileSystem: fileSystem, lane: lane("contents")) }
  }
}

extension Content {
  /// Its bytes, whether they are carried or in a file; nil for rows. Throws `ProcessorError` (`disk`).
  package func loaded(_ contents: ContentFolder) async throws -> [UInt8]? {
    switch self {
    case .empty: []
    case .bytes(let bytes): bytes
    case .records: nil
    case .claim(let claim): try await contents.reading { try contents.read(claim, at: 0, count: claim.sizeBytes) }
    }
  }
}

extension FlowFile {
  /// Takes a content in a file into memory, for processors that need it whole. Throws `ProcessorError` (`disk`).
  package mutating func loadContent(_ contents: ContentFolder) async throws {
    guard case .claim = content, let bytes = try await content.loaded(contents) else { return }
    content = .bytes(bytes)
  }
}
