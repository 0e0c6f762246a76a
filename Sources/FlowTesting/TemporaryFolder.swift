import Foundation

/// A temporary folder for one test, removed with its content when the last reference is released.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("flowrun-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit {
    // The system cleans up folders that cannot be removed; the test does not fail because of them.
    _ = try? FileManager.default.removeItem(atPath: path)
  }

  /// The path of an entry in the folder.
  package func path(_ name: String) -> String { path + "/" + name }
}
