import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime

/// The file that a command writes, which may take the place of one that the same command has written before, and of no other.
struct TargetFile {
  /// As the operator knows it, such as `-o`.
  let option: String
  let path: String
  /// A name that would suit.
  let example: String
  /// What all files of this kind begin with, in whatever case.
  let beginning: String
  /// Such as "a report".
  let kind: String

  /// Throws `ValidationError` for what cannot be the name of a file.
  func validate() throws {
    if HomeFolder.isUnexpanded(path) { throw ValidationError("\(option) is '\(path)'; expected \(HomeFolder.expected); \(HomeFolder.hint)") }
    if path.isEmpty || path == "-" || path.hasSuffix("/") { throw ValidationError("\(option) is '\(path)'; expected a file, such as \(example)") }
  }

  /// Called before the work is done, so that a mistyped name costs no time. Throws `ValidationError` if there is no folder for the file, or something
  /// else has its name; `FileSystemError`.
  func check(_ fileSystem: any FileSystem, needsFolder: Bool = true) throws {
    let folder = parent(of: path)
    if needsFolder, try fileSystem.status(folder)?.isFolder != true {
      throw ValidationError("\(option) is '\(path)', and there is no folder '\(folder)'; expected one that exists; make it with: mkdir -p \(CommandHint.quoted(folder))")
    }
    guard let status = try fileSystem.status(path) else { return }
    if status.isFolder { throw ValidationError("\(option) is '\(path)', which is a folder; expected a file in it, such as \(path)/\(example)") }
    // Nothing is lost of a device such as /dev/stdout, and of an empty file.
    guard status.isRegularFile, status.sizeBytes > 0 else { return }
    let found = try fileSystem.readChunk(path, at: 0, count: beginning.utf8.count)
    guard String(decoding: found, as: UTF8.self).lowercased() != beginning.lowercased() else { return }
    throw ValidationError(
      "\(option) is '\(path)', which is there already and is not \(kind); it was left alone; expected a new name, such as \(example), or \(kind) to replace")
  }
}
