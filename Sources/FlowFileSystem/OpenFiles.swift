import CPosix

/// The limit on open files, and the number of connections that it allows.
package enum OpenFiles {
  /// Descriptors that a run needs besides its connections: databases with their logs, locks, an error entry, event
  /// queues.
  private static let besideConnections: Int64 = 40
  /// A connection needs its socket and the duplicate that is watched.
  private static let filesPerConnection: Int64 = 2

  /// Raises the limit as far as the system permits and returns the number of connections it allows; at least one.
  package static func connectionRoom() -> Int {
    let limit = cposix_raise_open_file_limit()
    guard limit > 0 else { return 1 }
    return Int(max(1, min((limit - besideConnections) / filesPerConnection, 10_000)))
  }
}
