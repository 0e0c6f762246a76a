import Foundation

/// A folder of its own for one test, removed with all that is in it when the value's last user lets go of it.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("flowrun-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit {
    // A folder that cannot be removed is the system's to clean; a test does not fail for it.
    _ = try? FileManager.default.removeItem(atPath: path)
  }

  /// The path of something inside.
  package func path(_ name: String) -> String { path + "/" + name }
}
