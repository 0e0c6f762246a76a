import Foundation

/// The files that this process has open.
package enum OpenDescriptors {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// Far more than all tests together need, and fewer than Foundation can take.
  private static let most = 1_000

  /// To be called before a `Process` is run. On Linux Foundation copies each entry of `/proc/self/fd` with more bytes than the entry has: where the
  /// list is longer than the buffer that `readdir` fills (about 1,360 files), it can read beyond the buffer, and the process ends by signal 11.
  /// - Throws: `Failure` if tests leave so many open.
  package static func requireFew() throws {
    #if os(Linux)
      let count = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
      guard count < most else {
        throw Failure(
          description: "this process has \(count) files open; expected fewer than \(most): find what tests leave open with 'ls -l /proc/\(ProcessInfo.processInfo.processIdentifier)/fd'")
      }
    #endif
  }

  /// The paths of this process's open files below a folder, sorted; on Linux only, elsewhere none.
  package static func paths(below folder: String) throws -> [String] {
    #if os(Linux)
      let list = "/proc/self/fd"
      // A descriptor may be closed between the two calls.
      let targets = try FileManager.default.contentsOfDirectory(atPath: list).compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(list)/\($0)") }
      return targets.filter { $0.hasPrefix(folder + "/") }.sorted()
    #else
      return []
    #endif
  }
}
