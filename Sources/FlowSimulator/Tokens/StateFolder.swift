import Foundation

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A folder of small JSON files that several processes may use concurrently.
///
/// A file is replaced by rename, so a process killed at any moment leaves either the old or the new content. There is
/// no fsync: the state survives a crash of the process, not of the machine.
struct StateFolder: Sendable {
  let path: String

  /// Creates the folder with mode 0700 if it is absent.
  init(_ path: String) throws {
    self.path = path
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  /// Runs `body` while no other process does so on this folder. Blocks the thread; must not be nested.
  func whileLocked<Result>(_ body: () throws -> Result) throws -> Result {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SimulatorError.cannotWrite(path) }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw SimulatorError.cannotWrite(path) }
    }
    return try body()
  }

  /// nil if the file does not exist.
  /// - Throws: `SimulatorError.damagedState` if the content is invalid.
  func read<Value: Decodable>(_ type: Value.Type, from name: String) throws -> Value? {
    let file = path + "/" + name
    var content = FileManager.default.contents(atPath: file)
    if content == nil {
      guard FileManager.default.fileExists(atPath: file) else { return nil }
      // It may have been created between the two calls; it is always created by rename, so it is complete.
      content = FileManager.default.contents(atPath: file)
    }
    guard let data = content else { throw SimulatorError.damagedState(file) }
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch is DecodingError {
      throw SimulatorError.damagedState(file)
    }
  }

  /// Call only inside `whileLocked`, because the temporary file has a fixed name.
  func write(_ value: some Encodable, to name: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try replaceFile(path + "/" + name, with: try encoder.encode(value))
  }
}

/// Atomically replaces a file with mode 0600, through a temporary file beside it whose name starts with a dot.
func replaceFile(_ path: String, with data: Data) throws {
  let file = URL(fileURLWithPath: path)
  let temporary = file.deletingLastPathComponent().appendingPathComponent("." + file.lastPathComponent + ".tmp").path
  guard FileManager.default.createFile(atPath: temporary, contents: data, attributes: [.posixPermissions: 0o600]),
    rename(temporary, path) == 0
  else { throw SimulatorError.cannotWrite(path) }
}
