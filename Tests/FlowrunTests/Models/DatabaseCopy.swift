import GRDB

/// Copies a database file with what its write-ahead log holds.
enum DatabaseCopy {
  static func make(of path: String, at copy: String) throws {
    let source = try DatabaseQueue(path: path), destination = try DatabaseQueue(path: copy)
    try source.backup(to: destination)
    try destination.close()
    try source.close()
  }
}
