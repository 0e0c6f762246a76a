import FlowCore

/// What is going to be written in a folder.
package struct SpaceNeed: Sendable, Equatable {
  /// The folder, or a file in it; it need not be there yet.
  package var path: String
  /// `database 'study.sqlite'`
  package var subject: String
  package var bytes: Int64
  /// How the number came about.
  package var reason: String

  package init(path: String, subject: String, bytes: Int64, reason: String) {
    self.path = path
    self.subject = subject
    self.bytes = bytes
    self.reason = reason
  }
}

/// Holds what is going to be written against the room that there is, before anything is.
package struct SpaceCheck: Sendable {
  let fileSystem: any FileSystem

  package init(_ fileSystem: any FileSystem) { self.fileSystem = fileSystem }

  /// Blocks. Throws `StopRun` (`failed`, `disk`) with every place that has too little: what is needed, what is free, where, what to do.
  package func check(_ needs: [SpaceNeed]) throws {
    let lacks = needs.compactMap { need -> String? in
      guard let free = free(at: need.path), free < need.bytes else { return nil }
      return "\(need.subject) needs about \(Self.text(need.bytes)) (\(need.reason)), \(Self.text(free)) are free where it lies; "
        + "make room for another \(Self.text(need.bytes - free)), or name a path on another disk"
    }
    guard lacks.isEmpty else { throw StopRun(.failed, .disk, "not enough room on disk: " + lacks.joined(separator: "; ")) }
  }

  /// nil where the system does not tell: whoever opens the path says better what is wrong with it.
  private func free(at path: String) -> Int64? { try? fileSystem.freeBytes(at: path) }

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
