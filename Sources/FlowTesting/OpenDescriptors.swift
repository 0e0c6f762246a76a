import Foundation

/// The files that this process has open.
package enum OpenDescriptors {
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
