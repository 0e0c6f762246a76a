import FlowCore

/// Writes new flow files.
package enum FlowTextFile {
  /// Writes a text to a new file in a folder that exists, whole or not at all; false if something has the name already. Blocks. Throws `FileSystemError`.
  package static func write(_ text: String, to file: String, _ fileSystem: any FileSystem) throws -> Bool {
    guard try fileSystem.status(file) == nil else { return false }
    let temporary = file + ".new"
    try fileSystem.writeDurably(Array(text.utf8), to: temporary, mode: 0o644)
    guard try fileSystem.renameExclusively(temporary, to: file) else {
      try fileSystem.removeFile(temporary)
      return false
    }
    return true
  }
}
