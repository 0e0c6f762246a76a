import FlowCore

/// An estimate of what will be written to a folder.
package struct SpaceNeed: Sendable, Equatable {
  /// The folder, or a file in it; may not exist yet.
  package var path: String
  /// `database 'study.sqlite'`
  package var subject: String
  package var bytes: Int64
  /// The basis of the estimate.
  package var reason: String

  package init(path: String, subject: String, bytes: Int64, reason: String) {
    self.path = path
    self.subject = subject
    self.bytes = bytes
    self.reason = reason
  }
}

/// Compares the required disk space with the available space before anything is written.
package struct SpaceCheck: Sendable {
  let fileSystem: any FileSystem

  package init(_ fileSystem: any FileSystem) { self.fileSystem = fileSystem }

  /// Blocks. Throws `StopRun` (`failed`, `disk`) that lists every path with too little space, with required and free
  /// space and a remedy.
  package func check(_ needs: [SpaceNeed]) throws {
    let shortages = needs.compactMap { need -> String? in
      guard let free = free(at: need.path), free < need.bytes else { return nil }
      return "\(need.subject) needs about \(Self.text(need.bytes)) (\(need.reason)), \(Self.text(free)) are free there; \(Self.remedy(need, free))"
    }
    guard shortages.isEmpty else { throw StopRun(.failed, .disk, "not enough disk space: " + shortages.joined(separator: "; ")) }
  }

  package static func remedy(_ need: SpaceNeed, _ free: Int64) -> String {
    "free another \(text(need.bytes - free)), or choose a path on another disk"
  }

  /// Blocks. nil if the system does not report it; a later attempt to open the path gives a better error.
  package func free(at path: String) -> Int64? { try? fileSystem.freeBytes(at: path) }

  /// `250 MB`; 1024-based, as everywhere in flow files.
  package static func text(_ bytes: Int64) -> String {
    let units = ["B", "KB", "MB", "GB", "TB"]
    var value = Double(max(bytes, 0))
    var unit = 0
    while value >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    let tenths = Int((value * 10).rounded())
    return unit == 0 || tenths >= 100 ? "\((tenths + 5) / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}
