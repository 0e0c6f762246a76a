import FlowCore

extension FlowLoader {
  /// Reads a flow file's bytes; rejects folders and oversized files without reading them.
  ///
  /// Blocks. Throws `FileSystemError` if the file does not exist or cannot be read, and `Diagnostics` if it cannot be a
  /// flow file.
  package static func read(_ path: String, fileSystem: any FileSystem) throws -> [UInt8] {
    let problems = ProblemList(file: path)
    if let status = try fileSystem.status(path) {
      if status.isFolder { problems.report(.isFolder, at: nil) }
      if status.isRegularFile && status.sizeBytes > SourceText.maximumBytes {
        problems.report(.fileTooLarge(bytes: Int(status.sizeBytes)), at: nil)
      }
    }
    guard problems.all.isEmpty else { throw Diagnostics(problems.all) }
    return try fileSystem.read(path, limitBytes: SourceText.maximumBytes)
  }
}
