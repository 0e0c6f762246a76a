import CPosix

/// How many files the process may have open, and what may be made of them.
package enum OpenFiles {
  /// What a run has open beside its connections: databases with their logs, locks, an entry of the error folder, the event queues.
  private static let besideConnections: Int64 = 40
  /// A connection is a socket and the duplicate that is watched.
  private static let filesPerConnection: Int64 = 2

  /// Raises the limit as far as the system grants it, and says how many connections it has room for; at least one.
  package static func connectionRoom() -> Int {
    let limit = cposix_raise_open_file_limit()
    guard limit > 0 else { return 1 }
    return Int(max(1, min((limit - besideConnections) / filesPerConnection, 10_000)))
  }
}
