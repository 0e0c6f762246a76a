import FlowCore

/// Reads a file as a FlowFile's content: a large one is copied to the run's folder, so that it need not fit into memory and may go meanwhile. Blocks.
/// - Throws: `FileSystemError`.
enum FileContent {
  case whole(Content)
  /// It is not as it was before, or is being written: half a file is no content.
  case changed(FileChange)

  private static let pieceBytes = 1 << 20

  /// - Parameter state: the file before.
  static func read(_ path: String, as state: FileState, _ contents: ContentFolder, _ fileSystem: any FileSystem) throws -> FileContent {
    let content = try read(path, contents, fileSystem)
    return try state.change(at: path, readBytes: content.loadedSizeBytes, fileSystem).map { .changed($0) } ?? .whole(content)
  }

  private static func read(_ path: String, _ contents: ContentFolder, _ fileSystem: any FileSystem) throws -> Content {
    let descriptor = try fileSystem.open(path, .read)
    defer { fileSystem.close(descriptor) }
    var bytes: [UInt8] = []
    while true {
      let piece = try fileSystem.readNext(descriptor, path: path, limitBytes: pieceBytes)
      if piece.isEmpty { return bytes.isEmpty ? .empty : .bytes(bytes) }
      bytes += piece
      if bytes.count > contents.claimBytes, let copy = contents.newPath() {
        return .claim(try Self.copy(bytes, descriptor, path, to: copy, contents, fileSystem))
      }
    }
  }

  private static func copy(
    _ beginning: [UInt8], _ source: Int32, _ path: String, to copy: String, _ contents: ContentFolder, _ fileSystem: any FileSystem
  ) throws -> ContentClaim {
    do {
      let descriptor = try fileSystem.open(copy, .replace(mode: 0o600))
      defer { fileSystem.close(descriptor) }
      try fileSystem.write(beginning, to: descriptor, path: copy)
      var size = beginning.count
      while true {
        let piece = try fileSystem.readNext(source, path: path, limitBytes: pieceBytes)
        if piece.isEmpty { return contents.claim(copy, sizeBytes: size) }
        try fileSystem.write(piece, to: descriptor, path: copy)
        size += piece.count
      }
    } catch {
      contents.discard(copy)
      throw error
    }
  }
}
