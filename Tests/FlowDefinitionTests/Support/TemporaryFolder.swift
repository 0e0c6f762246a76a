import Foundation
import StudyModel

/// A folder for one test; removed with the last reference to it.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "flow-definition-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }
  deinit {
    do { try FileManager.default.removeItem(at: url) } catch { print("left behind: \(url.path): \(error)") }
  }

  func path(_ name: String) -> String { url.appending(path: name).path }

  func write(_ text: String, to name: String) throws -> String {
    try Data(text.utf8).write(to: URL(filePath: path(name)))
    return path(name)
  }

  /// A sparse file of the given size, which takes neither space nor time.
  func makeHole(_ name: String, sizeBytes: UInt64) throws -> String {
    _ = FileManager.default.createFile(atPath: path(name), contents: nil)
    let handle = try FileHandle(forWritingTo: URL(filePath: path(name)))
    try handle.truncate(atOffset: sizeBytes)
    try handle.close()
    return path(name)
  }
}
