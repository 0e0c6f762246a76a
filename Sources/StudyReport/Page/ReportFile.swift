import FlowCore

/// The file of a report, which always is a whole one. Readable by its owner only, since it names participants and their health data.
package struct ReportFile {
  package let path: String
  private let fileSystem: any FileSystem

  package init(path: String, fileSystem: any FileSystem) {
    self.path = path
    self.fileSystem = fileSystem
  }

  /// `.` for a name without one.
  package var folder: String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Throws `FileSystemError`; the file that was there is unchanged then.
  package func write(_ text: String) throws {
    let name = path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    try fileSystem.replaceDurably(path, with: Array(text.utf8), temporary: "\(folder)/.\(name).new")
  }
}
