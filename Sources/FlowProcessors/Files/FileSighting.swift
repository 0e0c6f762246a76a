import FlowCore

/// What is at a path. Links are not followed.
enum FileSighting: Sendable, Equatable {
  case file(FileState)
  case folder
  case link
  /// A pipe, a device or the like.
  case other
  case nothing

  /// Blocks; throws `FileSystemError`.
  init(at path: String, _ fileSystem: any FileSystem) throws {
    if let identity = try fileSystem.identity(path) {
      guard let status = try fileSystem.status(path) else {
        self = .nothing
        return
      }
      self = .file(FileState(identity, mode: status.mode))
    } else if try fileSystem.isSymbolicLink(path) {
      self = .link
    } else if let status = try fileSystem.status(path) {
      self = if status.isFolder { .folder } else if status.isRegularFile { .file(FileState(status, modified: try fileSystem.modificationTime(path))) } else { .other }
    } else {
      self = .nothing
    }
  }

  /// For a message, after "found" or "is".
  var words: String {
    switch self {
    case .file(let state): "a file of \(state.sizeBytes) bytes\(state.modifiedText.map { ", changed at \($0)" } ?? "")"
    case .folder: "a folder"
    case .link: "a symbolic link"
    case .other: "no regular file"
    case .nothing: "nothing"
    }
  }
}

/// A regular file as it is at some time, by which a later change is found.
struct FileState: Sendable, Equatable {
  var sizeBytes: Int64
  var mode: UInt32
  /// nil: the file system does not say.
  var modified: Instant?
  private var identity: FileIdentity?

  init(_ identity: FileIdentity, mode: UInt32) {
    sizeBytes = identity.sizeBytes
    self.mode = mode
    modified = Instant(milliseconds: identity.modified.flooredDivision(by: 1_000_000))
    self.identity = identity
  }

  /// On a file system without identities.
  init(_ status: FileStatus, modified: Instant?) {
    sizeBytes = status.sizeBytes
    mode = status.mode
    self.modified = modified
  }

  /// Whether both are of one file with one content: by its place, size and time of the last change of its content. Owner, mode and further names (hard
  /// links) are not content: whoever changes them while a run works does not have the file taken twice.
  func isSame(as other: FileState) -> Bool {
    guard let identity, let theirs = other.identity else { return sizeBytes == other.sizeBytes && modified == other.modified }
    return isOneFile(with: other) && identity.sizeBytes == theirs.sizeBytes && identity.modified == theirs.modified
  }

  /// False if it is known that another file has the name now.
  fileprivate func isOneFile(with other: FileState) -> Bool {
    guard let identity, let theirs = other.identity else { return true }
    return identity.device == theirs.device && identity.inode == theirs.inode
  }

  /// In UTC, with all digits that are compared: two times that differ look different.
  fileprivate var modifiedText: String? {
    guard let identity else { return modified?.text }
    let (seconds, nanoseconds) = identity.modified.floored(by: 1_000_000_000)
    return "\(Instant(seconds: seconds).text.dropLast()).\(String(nanoseconds).padded(to: 9))Z"
  }
}

/// Why a file is neither passed on nor removed: it is not the one that was looked at.
struct FileChange: Sendable, CustomStringConvertible {
  var path: String
  var before: FileState
  var now: FileSighting
  /// Bytes read, if that many are not the file's.
  var readBytes: Int?

  var description: String {
    "\(path): found \(found)\(readBytes.map { ", of which \($0) bytes were read" } ?? ""); expected \(FileSighting.file(before).words), as before; "
      + "have a file written under a name that file_filter leaves out and then renamed, or set minimum_file_age"
  }

  private var found: String {
    guard case .file(let state) = now, !state.isOneFile(with: before) else { return now.words }
    return "another file (inode) of that name, \(now.words)"
  }
}

extension FileState {
  /// nil: the file at the path is this one, and unchanged. Blocks; throws `FileSystemError`.
  func change(at path: String, readBytes: Int? = nil, _ fileSystem: any FileSystem) throws -> FileChange? {
    let now = try FileSighting(at: path, fileSystem)
    let isWhole = readBytes.map { Int64($0) == sizeBytes } ?? true
    if case .file(let state) = now, isSame(as: state), isWhole { return nil }
    return FileChange(path: path, before: self, now: now, readBytes: isWhole ? nil : readBytes)
  }

  /// Whether the file is there unchanged, for what is done with it at the end. One that has changed stays, and the run's bulletins say so; one that is gone
  /// is done already. Blocks; throws `FileSystemError`.
  func isLeft(at path: String, of processor: String, _ environment: RuntimeEnvironment) throws -> Bool {
    guard let change = try change(at: path, environment.fileSystem) else { return true }
    if change.now != .nothing {
      environment.handlerBulletins.post(
        Bulletin(.warning, processor: processor, subject: "a file has changed since it was read, and stays", detail: change.description))
    }
    return false
  }
}
