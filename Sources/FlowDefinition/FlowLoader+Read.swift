import FlowCore

extension FlowLoader {
  /// Reads a flow file's bytes; refuses a folder, and what is too large without reading it.
  ///
  /// Blocks. Throws `FileSystemError` when there is no such file or it cannot be read, `Diagnostics` when it cannot be a
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
